/// All that is wrong with a configuration, so that it is mended in one go.
///
/// No secret is ever in it.
struct ConfigurationError: Error, CustomStringConvertible {
    let problems: [String]

    init(_ problems: [String]) { self.problems = problems }

    init(_ problem: String) { self.init([problem]) }

    var description: String { problems.map { "configuration: \($0)" }.joined(separator: "\n") }
}
