/// The part of the service's `APIError` that reading a query needs; the real one is made of Hummingbird's types.
package struct APIError: Error, Equatable, Sendable {
    package enum Status: Sendable { case badRequest, notFound }

    package let code: String
    package let message: String
    package let parameter: String?

    init(_ status: Status, _ code: String, _ message: String, parameter: String? = nil) {
        self.code = code
        self.message = message
        self.parameter = parameter
    }

    static func notFound(_ name: String) -> APIError {
        APIError(.notFound, "resource_missing", "No such \(name).")
    }

    static func invalid(_ parameter: String, _ message: String) -> APIError {
        APIError(.badRequest, "parameter_invalid", message, parameter: parameter)
    }
}
