package import HTTPClient

/// Why a request to Stripe's API failed; safe to log.
///
/// Stripe's messages are left out: they quote the request, including e-mail addresses and keys.
package enum StripeAPIError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Argument: Sendable {
        case path, account, event, idempotencyKey, cursor, limit, emailAddress
    }

    /// Nothing was sent: the argument is invalid.
    case invalidArgument(Argument)
    /// Nothing was sent: an organisation's key needs an account to act on behalf of.
    case accountRequired
    /// There was no response.
    case transport(TransportError)
    /// 401: the key is wrong, revoked or expired.
    case unauthorized(StripeRefusal)
    /// 403: the key may not do this.
    case forbidden(StripeRefusal)
    /// 404: it does not exist, or not in the mode and account that the key sees.
    case notFound(StripeRefusal)
    /// 409: another request holds the object or the idempotency key.
    case conflict(StripeRefusal)
    /// 429: too many requests, or a lock timeout; see ``StripeRefusal/rateLimitedReason``.
    case rateLimited(StripeRefusal)
    /// Any other 4xx.
    case rejected(StripeRefusal)
    /// 500 and up.
    case serverFault(StripeRefusal)
    /// Neither success nor a refusal, such as a redirect: the responding server is not Stripe's API.
    case unexpectedStatus(Int)
    /// A success whose body is not one whole JSON object.
    case notAnObject(requestID: String?)
    /// A success whose body is not a complete list of objects with ids, or whose paging never ends.
    case notAList(requestID: String?)
    /// A success with another object than the requested one.
    case wrongObject(requestID: String?)

    /// Stripe's refusal, if this error is one.
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
        case .invalidArgument(let argument): "stripe: nothing sent, the \(argument) is invalid"
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

/// The fields of a response with status 400 or above, without Stripe's message.
package struct StripeRefusal: Equatable, Sendable, CustomStringConvertible {
    package let status: Int
    package let type: String?
    package let code: String?
    /// The invalid parameter, such as `starting_after`.
    package let parameter: String?
    /// The permissions that a restricted key lacks, such as `rak_charge_read`; any one of them is enough.
    package let missingPermissions: [String]
    package let requestID: String?
    /// The header `Stripe-Should-Retry`.
    package let shouldRetry: Bool?
    package let retryAfterSeconds: Int64?
    /// The header `Stripe-Rate-Limited-Reason`; a 429 without it is a lock timeout.
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
