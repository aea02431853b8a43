package import HTTPClient

/// Why Stripe's API did not give what was asked for; safe to log.
///
/// Stripe's messages are left out on purpose: they quote the request, and with it e-mail addresses and keys.
package enum StripeAPIError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Argument: Sendable {
        case path, account, event, idempotencyKey, cursor, limit, emailAddress
    }

    /// Nothing was sent: the argument can never be right.
    case invalidArgument(Argument)
    /// Nothing was sent: the key is an organisation's, and no account was named to ask on behalf of.
    case accountRequired
    /// Nothing was answered.
    case transport(TransportError)
    /// 401: the key is wrong, revoked or expired.
    case unauthorized(StripeRefusal)
    /// 403: the key may not do this.
    case forbidden(StripeRefusal)
    /// 404: it does not exist, or not in the mode and account that the key sees.
    case notFound(StripeRefusal)
    /// 409: somebody else holds the object or the idempotency key.
    case conflict(StripeRefusal)
    /// 429.
    case rateLimited(StripeRefusal)
    /// Any other 4xx.
    case rejected(StripeRefusal)
    /// 500 and up.
    case serverFault(StripeRefusal)
    /// Neither success nor a refusal, such as a redirect: whoever answered is not Stripe's API.
    case unexpectedStatus(Int)
    /// A success whose body is not one whole JSON object.
    case notAnObject(requestID: String?)
    /// A success whose body is not a whole list of objects with ids, or one that never ends.
    case notAList(requestID: String?)
    /// A success about something else than what was asked for.
    case wrongObject(requestID: String?)

    /// What Stripe said with its refusal, where it refused.
    package var refusal: StripeRefusal? {
        switch self {
        case .unauthorized(let refusal), .forbidden(let refusal), .notFound(let refusal),
            .conflict(let refusal),
            .rateLimited(let refusal), .rejected(let refusal), .serverFault(let refusal):
            refusal
        case .invalidArgument, .accountRequired, .transport, .unexpectedStatus, .notAnObject, .notAList,
            .wrongObject:
            nil
        }
    }

    package var description: String {
        switch self {
        case .invalidArgument(let argument): "stripe: nothing sent, the \(argument) cannot be right"
        case .accountRequired:
            "stripe: nothing sent, an organisation's key needs an account to ask on behalf of, and none is named"
        case .transport(let error): "stripe: \(error)"
        case .unexpectedStatus(let status): "stripe: unexpected status \(status)"
        case .notAnObject(let requestID): "stripe: the answer is not a JSON object\(Self.suffix(requestID))"
        case .notAList(let requestID): "stripe: the answer is not a list of objects\(Self.suffix(requestID))"
        case .wrongObject(let requestID):
            "stripe: the answer is about something else\(Self.suffix(requestID))"
        case .unauthorized(let refusal), .forbidden(let refusal), .notFound(let refusal),
            .conflict(let refusal),
            .rateLimited(let refusal), .rejected(let refusal), .serverFault(let refusal):
            "stripe: \(refusal)"
        }
    }

    private static func suffix(_ requestID: String?) -> String { requestID.map { " (\($0))" } ?? "" }
}

/// What Stripe tells with an answer of 400 and up, without its prose.
package struct StripeRefusal: Equatable, Sendable, CustomStringConvertible {
    package let status: Int
    package let type: String?
    package let code: String?
    /// The parameter that is wrong, such as `starting_after`.
    package let parameter: String?
    /// What a restricted key lacks, such as `rak_charge_read`: having one of them would do.
    package let missingPermissions: [String]
    package let requestID: String?
    /// `Stripe-Should-Retry`.
    package let shouldRetry: Bool?
    package let retryAfterSeconds: Int64?
    /// `Stripe-Rate-Limited-Reason`; a 429 without it is a lock that could not be had.
    package let rateLimitedReason: String?

    package init(
        status: Int,
        type: String? = nil,
        code: String? = nil,
        parameter: String? = nil,
        missingPermissions: [String] = [],
        requestID: String? = nil,
        shouldRetry: Bool? = nil,
        retryAfterSeconds: Int64? = nil,
        rateLimitedReason: String? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.parameter = parameter
        self.missingPermissions = missingPermissions
        self.requestID = requestID
        self.shouldRetry = shouldRetry
        self.retryAfterSeconds = retryAfterSeconds
        self.rateLimitedReason = rateLimitedReason
    }

    package var description: String {
        let words = [code ?? type, rateLimitedReason].compactMap(\.self) + missingPermissions
        return ([String(status)] + words + [requestID].compactMap(\.self)).joined(separator: " ")
    }
}
