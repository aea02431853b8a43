import Hummingbird

/// One request to Stripe's API.
struct StripeCall {
    let target: String
    let version: String?
    let idempotencyKey: String?
    let lastSegment: String
    let parameters: [(name: String, value: String)]
    private let stripeAccount: String?
    private let context: String?
    private let trigger: String?
    private let authorization: String?
    private let contentType: String?
    private let traceparent: String?
    private let tracestate: String?
    private let form: [(name: String, value: String)]

    init(_ request: Request, form: String = "") {
        target = request.uri.string
        stripeAccount = request.headers.value("Stripe-Account")
        context = request.headers.value("Stripe-Context")
        trigger = request.headers.value("Stripe-Request-Trigger")
        version = request.headers.value("Stripe-Version")
        idempotencyKey = request.headers.value("Idempotency-Key")
        authorization = request.headers.value("Authorization")
        traceparent = request.headers.value("traceparent")
        tracestate = request.headers.value("tracestate")
        contentType = request.headers.value("Content-Type")
        lastSegment = request.uri.path.split(separator: "/").last.map { String($0).percentDecoded() } ?? ""
        parameters = Self.pairs(request.uri.query ?? "")
        self.form = Self.pairs(form)
    }

    /// The account that is named, in `Stripe-Context` perhaps by way of its platform.
    var namedAccount: String? { stripeAccount ?? context }

    /// The account whose objects are meant; nil for the key's own.
    var account: String? { namedAccount?.split(separator: "/").last.map(String.init) }

    func recorded(as route: String) -> RecordedRequest {
        RecordedRequest(
            route: route,
            target: target,
            account: stripeAccount,
            context: context,
            trigger: trigger,
            version: version,
            idempotencyKey: idempotencyKey,
            traceparent: traceparent,
            tracestate: tracestate
        )
    }

    func key(among keys: [APIKey]) throws(StripeErrorAnswer) -> APIKey {
        guard let authorization, authorization.hasPrefix("Bearer ") else { throw .noKey }
        guard let key = keys.first(where: { authorization == "Bearer \($0.text)" }) else { throw .wrongKey }
        return key
    }

    func checkHeaders(_ key: APIKey) throws(StripeErrorAnswer) {
        guard let version, Self.looksLikeAVersion(version) else { throw .badVersion(version) }
        guard stripeAccount == nil || context == nil else {
            throw StripeErrorAnswer(
                status: .badRequest,
                message: "Give one of Stripe-Account and Stripe-Context."
            )
        }
        if key.isOrganization, context == nil { throw .noContext }
        if !key.isOrganization, stripeAccount?.contains("/") == true {
            throw .noSuchAccount(stripeAccount ?? "")
        }
    }

    /// Whether the request is in a version of that date or a newer one.
    func isInVersion(from date: String?) -> Bool { date.map { (version ?? "").prefix(10) >= $0 } ?? true }

    func mustBeInVersion(of resource: Resource) throws(StripeErrorAnswer) {
        guard isInVersion(from: resource.since) else { throw .tooOld(resource) }
    }

    func mustHaveNoParameters() throws(StripeErrorAnswer) {
        if let first = parameters.first { throw .unknownParameter(first.name) }
    }

    /// The values of `expand[]`, the only parameter of a request for one object.
    func expansions(_ resource: Resource) throws(StripeErrorAnswer) -> [String] {
        var names: [String] = []
        for (name, value) in parameters {
            guard name == "expand[]" else { throw .unknownParameter(name) }
            let kind = resource.expandable[value] ?? resource.includable[value]
            guard kind != nil, isInVersion(from: resource.expandableSince) else {
                throw .notExpandable(value)
            }
            names.append(value)
        }
        return names
    }

    /// The address in a form that holds nothing else.
    func receiptEmail() throws(StripeErrorAnswer) -> String {
        try mustHaveNoParameters()
        guard contentType?.hasPrefix("application/x-www-form-urlencoded") == true else {
            throw StripeErrorAnswer(status: .badRequest, message: "Send a form, as Stripe's own clients do.")
        }
        if let other = form.first(where: { $0.name != "receipt_email" }) {
            throw .unknownParameter(other.name)
        }
        guard form.count == 1, let address = form.first?.value else {
            throw .invalid(
                "receipt_email",
                "Missing required param: receipt_email.",
                code: "parameter_missing"
            )
        }
        guard address.wholeMatch(of: /[^\s@]+@[^\s@]+\.[^\s@]+/) != nil else {
            throw .invalid("receipt_email", "Invalid email address: \(address)", code: "email_invalid")
        }
        return address
    }

    /// Keys of different accounts have nothing to do with each other.
    func scopedIdempotencyKey() throws(StripeErrorAnswer) -> String? {
        guard let idempotencyKey else { return nil }
        guard (1...255).contains(idempotencyKey.utf8.count) else {
            throw StripeErrorAnswer(
                status: .badRequest,
                message: "The idempotency key is over 255 characters."
            )
        }
        return "\(account ?? "") \(idempotencyKey)"
    }

    /// The parts that identify a repeated request.
    var fingerprint: [String] { [target] + form.map { "\($0.name)=\($0.value)" }.sorted() }

    private static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { String($0).percentDecoded(plusIsSpace: true) }
            return (sides[0], sides.count == 2 ? sides[1] : "")
        }
    }

    /// A date, alone or with a release's name.
    private static func looksLikeAVersion(_ version: String) -> Bool {
        version.wholeMatch(of: /\d{4}-\d{2}-\d{2}(\.[a-z]+)?/) != nil
    }
}
