import Hummingbird

/// An error in the shape Stripe gives it.
struct StripeErrorAnswer: Error {
    var status: HTTPResponse.Status
    var type = "invalid_request_error"
    var code: String?
    var message: String
    var parameter: String?
    var headers: [String: String] = [:]

    var json: JSON {
        var error: JSON = ["type": .string(type), "message": .string(message)]
        if let code {
            error["code"] = .string(code)
            let page = code.map { $0 == "_" ? "-" : String($0) }.joined()
            error["doc_url"] = .string("https://stripe.com/docs/error-codes/\(page)")
        }
        if let parameter { error["param"] = .string(parameter) }
        return ["error": error]
    }

    static let noKey = StripeErrorAnswer(
        status: .unauthorized,
        message: "You did not provide an API key. (This is a stand-in and not Stripe.)",
        headers: ["WWW-Authenticate": "Bearer realm=\"Stripe\""]
    )

    static let wrongKey = StripeErrorAnswer(
        status: .unauthorized,
        message: "Invalid API Key provided. (This is a stand-in and not Stripe.)",
        headers: ["WWW-Authenticate": "Bearer realm=\"Stripe\""]
    )

    static let expiredKey = StripeErrorAnswer(
        status: .unauthorized,
        code: "api_key_expired",
        message: "Expired API Key provided. (This is a stand-in and not Stripe.)",
        headers: ["WWW-Authenticate": "Bearer realm=\"Stripe\""]
    )

    static func badVersion(_ version: String?) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .badRequest,
            message: version.map { "Invalid Stripe API version: \($0)" }
                ?? "The stand-in wants a Stripe-Version header, although Stripe would do without."
        )
    }

    static func unknownParameter(_ name: String) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .badRequest,
            code: "parameter_unknown",
            message: "Received unknown parameter: \(name)",
            parameter: name
        )
    }

    static func notExpandable(_ name: String) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .badRequest,
            message: "This property cannot be expanded (\(name)).",
            parameter: "expand"
        )
    }

    static func missing(_ resource: Resource, id: String) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .notFound,
            code: "resource_missing",
            message: "No such \(resource.object): '\(id)'",
            parameter: resource.idParameter
        )
    }

    static func noRoute(_ method: String, _ path: String) -> StripeErrorAnswer {
        StripeErrorAnswer(status: .notFound, message: "Unrecognized request URL (\(method): \(path)).")
    }

    static func rateLimited(_ reason: String?) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .tooManyRequests,
            code: reason == nil ? "lock_timeout" : "rate_limit",
            message: "Too many requests hit the API too quickly.",
            headers: reason.map { ["Stripe-Rate-Limited-Reason": $0] } ?? [:]
        )
    }

    static func serverError(_ shouldRetry: Bool?) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .internalServerError,
            type: "api_error",
            message: "An unknown error occurred.",
            headers: shouldRetry.map { ["Stripe-Should-Retry": String($0)] } ?? [:]
        )
    }
}
