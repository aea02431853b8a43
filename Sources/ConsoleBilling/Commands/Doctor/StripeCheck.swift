import Billing
import HTTPClient
import StripeAPI
import Synchronization

/// Makes a small request for everything that the service requests from Stripe, and reports what fails.
struct StripeCheck {
    let key: StripeSecretKey?
    let base: StripeAPIBase
    let version: StripeAPIVersion
    /// `nil`: events of both modes are projected.
    let livemode: Bool?
    /// The account to make requests on behalf of; an organisation's key needs one.
    var account: String?
    /// The URL that Stripe must send events to.
    let endpoint: String
    let transport: any HTTPTransport
    /// This machine's clock.
    let now: @Sendable () -> Instant
    /// All requests run concurrently, so the limit of one bounds the whole check.
    var limits = TransportLimits(
        connectTimeout: .seconds(5),
        totalTimeout: .seconds(10),
        maxBodyBytes: 1 << 20
    )

    func results() async -> [CheckResult] {
        guard let key else {
            return [
                .skipped(
                    "stripe.key",
                    "STRIPE_SECRET_KEY is not set: nothing is fetched from Stripe, and receipts come from stored links."
                )
            ]
        }
        if key.isOrganization, account == nil {
            return [
                Self.mode(of: key, livemode),
                .skipped(
                    "stripe.api",
                    "Not asked: an organisation's key asks on behalf of one of its accounts. Name one: console-billing "
                        + "doctor --account acct_…"
                ),
            ]
        }
        let dated = DateKeepingTransport(transport, now: now)
        let client = StripeClient(
            transport: dated,
            base: base,
            key: key,
            version: version,
            limits: limits,
            listLimits: limits
        )
        async let endpoints = Self.endpoints(client, account)
        let answers = await Self.ask(client, account)
        var results = [Self.mode(of: key, livemode), Self.access(answers, base, account: account)]
        results += zip(KeyPermission.all, answers).compactMap { $0.result($1) }
        if case .success(let endpoints) = await endpoints {
            let check = EndpointCheck(
                url: endpoint,
                types: EventFamily.projectedTypes,
                version: version,
                isOfOrganization: key.isOrganization
            )
            results += check.results(endpoints)
        } else {
            results.append(
                .skipped("stripe.endpoint", "Not looked at: Stripe does not show us the endpoints.")
            )
        }
        if let (ours, theirs) = dated.dates {
            results.append(MachineCheck.clock(ours, against: theirs, of: "Stripe"))
        }
        return results
    }

    /// The error of the request for each of ``KeyPermission/all``, in the same order; `nil` for success.
    private static func ask(_ client: StripeClient, _ account: String?) async -> [StripeAPIError?] {
        await withTaskGroup(of: (Int, StripeAPIError?).self) { group in
            for (index, permission) in KeyPermission.all.enumerated() {
                group.addTask {
                    do throws(StripeAPIError) {
                        try await permission.ask(client, account)
                        return (index, nil)
                    } catch {
                        return (index, error)
                    }
                }
            }
            var answers = [StripeAPIError?](repeating: nil, count: KeyPermission.all.count)
            for await (index, error) in group { answers[index] = error }
            return answers
        }
    }

    private static func endpoints(
        _ client: StripeClient,
        _ account: String?
    ) async -> Result<[RegisteredEndpoint], StripeAPIError> {
        do {
            return .success(try await client.registeredEndpoints(account: account).endpoints)
        } catch {
            return .failure(error)
        }
    }

    static func mode(of key: StripeSecretKey, _ livemode: Bool?) -> CheckResult {
        if key.isOrganization {
            let sentence =
                "The key is an organisation's (sk_org_…). Stripe is asked on behalf of the account that an event names; "
                + "backfill and reconcile need --account, and neither starts by itself."
            guard livemode == nil else { return .good("stripe.key", sentence) }
            return .advice(
                "stripe.key",
                sentence + " Its prefix does not say its mode: set STRIPE_LIVEMODE to true or false."
            )
        }
        guard let mode = key.livemode else {
            return .bad(
                "stripe.key",
                "STRIPE_SECRET_KEY does not begin as Stripe's keys do (sk_live_, sk_test_, rk_live_, rk_test_, sk_org_). Copy "
                    + "it again from Stripe's dashboard."
            )
        }
        let name = mode ? "live" : "test"
        if let livemode, livemode != mode {
            return .bad(
                "stripe.key",
                "The key is of \(name) mode and STRIPE_LIVEMODE is \(livemode). Use the other key, or leave "
                    + "STRIPE_LIVEMODE out."
            )
        }
        return .good("stripe.key", "The key is of \(name) mode.")
    }

    /// Checks whether Stripe answers and accepts the key, apart from single permissions.
    static func access(
        _ answers: [StripeAPIError?],
        _ base: StripeAPIBase,
        account: String? = nil
    ) -> CheckResult {
        let errors = answers.compactMap { $0 }
        if let account, errors.contains(where: { $0.refusal?.code == "account_invalid" }) {
            return .bad(
                "stripe.api",
                "Our key does not reach the account \(printable(account)). Name an account that is connected to ours or, "
                    + "with an organisation's key, one of the organisation (acct_…, or acct_platform/acct_connected)."
            )
        }
        let trouble = errors.first { error in
            if case .forbidden = error { false } else { true }
        }
        guard let trouble else { return .good("stripe.api", "\(base) answers, and knows our key.") }
        return .bad("stripe.api", advice(trouble, base))
    }

    private static func advice(_ error: StripeAPIError, _ base: StripeAPIBase) -> String {
        switch error {
        case .unauthorized: "Stripe does not know our key. Copy it again from Stripe's dashboard."
        case .rateLimited, .serverFault: "Stripe cannot answer at the moment (\(error)). Try again later."
        case .transport(let reason) where reason != .bodyTooLarge && reason != .headersTooLarge:
            "\(base) cannot be reached: \(reason). Look at the network and, if there is one, the proxy or firewall."
        default: "\(base) answers as Stripe does not (\(error)). Is STRIPE_API_BASE right?"
        }
    }
}

/// Records the `Date` header of the latest response and the local time, to compare clocks.
private final class DateKeepingTransport: HTTPTransport {
    private let inner: any HTTPTransport
    private let now: @Sendable () -> Instant
    private let latest = Mutex<(ours: Instant, theirs: Instant)?>(nil)

    init(_ inner: any HTTPTransport, now: @escaping @Sendable () -> Instant) {
        self.inner = inner
        self.now = now
    }

    var dates: (ours: Instant, theirs: Instant)? { latest.withLock(\.self) }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let response = try await inner.send(request)
        if let date = response.headers["Date"].flatMap(HTTPDate.unixSeconds) {
            latest.withLock { $0 = (now(), Instant(unixSeconds: date)) }
        }
        return response
    }
}
