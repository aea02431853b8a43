import HTTPClient
import JSON

/// Parses a refusal from a response.
extension StripeRefusal {
    init(_ response: TransportResponse) {
        let error = try? JSONValue.read(response.body) { json in
            let error = json["error"]
            return (
                type: error?.string("type"), code: error?.string("code"), param: error?.string("param"),
                message: error?.string("message")
            )
        }
        self.init(
            status: response.status,
            type: error?.type.flatMap(Self.token),
            code: error?.code.flatMap(Self.token),
            parameter: error?.param.flatMap(Self.parameterName),
            missingPermissions: error?.message.map(Self.permissions(in:)) ?? [],
            requestID: response.requestID,
            shouldRetry: response.headers["Stripe-Should-Retry"].flatMap { Bool($0.lowercased()) },
            retryAfterSeconds: response.headers["Retry-After"].flatMap(RetryAfter.wholeSeconds),
            rateLimitedReason: response.headers["Stripe-Rate-Limited-Reason"].flatMap(Self.token)
        )
    }

    /// The text if it has the form of a Stripe code; other text from outside is not logged.
    fileprivate static func token(_ text: String) -> String? {
        let isToken = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isToken && (1...64).contains(text.utf8.count) ? text : nil
    }

    /// Like ``token(_:)``, with brackets allowed: `created[gte]`.
    private static func parameterName(_ text: String) -> String? {
        let name = token(text.filter { $0 != "[" && $0 != "]" })
        return name == nil || text.utf8.count > 64 ? nil : text
    }

    /// The permissions that a 403's message names in quotes; no other field of the response names them.
    private static func permissions(in message: String) -> [String] {
        let names = message.matches(of: /'(rak_[a-z0-9_]{1,44})'/).map { String($0.1) }
        return Array(names.prefix(3))
    }
}

extension TransportResponse {
    var requestID: String? { headers["Request-Id"].flatMap(StripeRefusal.token) }
}
