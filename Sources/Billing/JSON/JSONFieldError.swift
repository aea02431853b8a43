/// What is wrong with one field of a JSON text that we read.
///
/// Names the field and never what it holds, so that it is safe to log and to show.
package struct JSONFieldError: Error, Equatable, CustomStringConvertible {
    private let path: [String]
    private let problem: String

    package var description: String { sentence(path) }

    /// The same of one of several records, whose place the caller tells: from the first name on.
    package var descriptionInRecord: String {
        sentence(path.drop { $0.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } })
    }

    /// The place, unless it is the whole text, and the problem.
    private func sentence(_ place: some Sequence<String>) -> String {
        ([place.joined(separator: ".")].filter { !$0.isEmpty } + [problem]).joined(separator: " ")
    }

    private init(path: [String], _ problem: String) {
        self.path = path
        self.problem = problem
    }

    /// The member of that name is needed, and is absent or null.
    static func missing(_ key: StaticString, in object: JSONValue) -> JSONFieldError {
        JSONFieldError(path: object.path + ["\(key)"], "is missing")
    }

    /// The value is not what it has to be; the problem is such as `is not an id`.
    static func wrong(_ value: JSONValue, _ problem: String) -> JSONFieldError {
        JSONFieldError(path: value.path, problem)
    }
}
