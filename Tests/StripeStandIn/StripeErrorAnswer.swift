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

    /// Stripe's own words, as https://github.com/stripe/stripe-python/pull/1660 quotes them.
    static let noContext = StripeErrorAnswer(
        status: .badRequest,
        message:
            "Please include the Stripe-Context header with your target account when using an Organization API key."
    )

    static func tooOld(_ resource: Resource) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .badRequest,
            message:
                "\(resource.path) needs a Stripe-Version from \(resource.since ?? "") on. (This is a stand-in and "
                + "not Stripe.)"
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

    static func invalid(
        _ parameter: String,
        _ message: String,
        code: String? = nil
    ) -> StripeErrorAnswer {
        StripeErrorAnswer(status: .badRequest, code: code, message: message, parameter: parameter)
    }

    static func unknownCursor(_ cursor: ListQuery.Cursor, _ resource: Resource) -> StripeErrorAnswer {
        .invalid(cursor.parameter, "No such \(resource.object): '\(cursor.id)'", code: "resource_missing")
    }

    static func missingPermission(_ permission: String) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .forbidden,
            code: "more_permissions_required",
            message:
                "The provided key 'rk_***' does not have the required permissions for this endpoint on account "
                + "'\(StandInLinks.ownAccount)'. Having the '\(permission)' permission would allow this request to "
                + "continue."
        )
    }

    static func noSuchAccount(_ account: String) -> StripeErrorAnswer {
        StripeErrorAnswer(
            status: .forbidden,
            code: "account_invalid",
            message:
                "The provided key 'sk_***' does not have access to account '\(account)' (or that account does not "
                + "exist). Application access may have been revoked."
        )
    }

    static let keyUsedForSomethingElse = StripeErrorAnswer(
        status: .badRequest,
        type: "idempotency_error",
        message:
            "Keys for idempotent requests can only be used with the same parameters they were first used with."
    )

    static let keyInUse = StripeErrorAnswer(
        status: .conflict,
        type: "idempotency_error",
        code: "idempotency_key_in_use",
        message: "There is currently another in-progress request using this Idempotent Key."
    )

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

    static func rateLimited(_ reason: String?, retryAfterSeconds: Int64? = nil) -> StripeErrorAnswer {
        var headers = reason.map { ["Stripe-Rate-Limited-Reason": $0] } ?? [:]
        headers["Retry-After"] = retryAfterSeconds.map(String.init)
        return StripeErrorAnswer(
            status: .tooManyRequests,
            code: reason == nil ? "lock_timeout" : "rate_limit",
            message: "Too many requests hit the API too quickly.",
            headers: headers
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
