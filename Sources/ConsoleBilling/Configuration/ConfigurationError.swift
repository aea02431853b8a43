/// All problems of a configuration, so that they can be fixed at once.
///
/// The messages never contain a secret.
struct ConfigurationError: Error, CustomStringConvertible {
    let problems: [String]

    init(_ problems: [String]) { self.problems = problems }

    init(_ problem: String) { self.init([problem]) }

    var description: String { problems.map { "configuration: \($0)" }.joined(separator: "\n") }
}
