/// A fault in one field of a JSON text.
///
/// The error names the field and never its value, so it is safe to log and to show.
package struct JSONFieldError: Error, Equatable, CustomStringConvertible {
    private let path: [String]
    private let problem: String

    package var description: String { sentence(path) }

    /// The description for one of several records, without the record's index, which the caller reports
    /// itself.
    package var descriptionInRecord: String {
        sentence(path.drop { $0.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } })
    }

    /// The path, unless it is that of the whole text, and the problem.
    private func sentence(_ place: some Sequence<String>) -> String {
        ([place.joined(separator: ".")].filter { !$0.isEmpty } + [problem]).joined(separator: " ")
    }

    private init(path: [String], _ problem: String) {
        self.path = path
        self.problem = problem
    }

    /// A required member is absent.
    package static func missing(_ key: StaticString, in object: JSONValue) -> JSONFieldError {
        JSONFieldError(path: object.path + ["\(key)"], "is missing")
    }

    /// The value is invalid; a problem is, for example, `is not an id`.
    package static func wrong(_ value: JSONValue, _ problem: String) -> JSONFieldError {
        JSONFieldError(path: value.path, problem)
    }
}
