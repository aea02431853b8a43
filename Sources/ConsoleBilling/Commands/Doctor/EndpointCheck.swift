import Billing
import JSON
import StripeAPI

/// Checks that an endpoint registered at Stripe is ours and has the right settings.
struct EndpointCheck {
    /// The URL that Stripe must send events to.
    let url: String
    /// The event types that the service projects.
    let types: [String]
    /// The API version that the service requests.
    let version: StripeAPIVersion
    /// Whether the key is an organisation's: its event destinations are not in an account's list.
    var isOfOrganization = false

    func results(_ endpoints: [RegisteredEndpoint]) -> [CheckResult] {
        let ours = endpoints.filter { Self.isSame($0.url, url) }
        guard let first = ours.first(where: { $0.status == "enabled" }) ?? ours.first else {
            return [unregistered(among: endpoints)]
        }
        guard first.status == "enabled" else {
            return [
                .bad(
                    "stripe.endpoint",
                    "The endpoint \(first.id) for \(url) is \(printable(first.status)). Enable it in Stripe's dashboard "
                        + "(Developers → Webhooks), then fetch what was missed with `console-billing backfill`."
                )
            ]
        }
        let ids = ours.filter { $0.status == "enabled" }.map(\.id).joined(separator: ", ")
        return [
            .good("stripe.endpoint", "Stripe sends events to \(url) (\(ids))."), events(ours), versions(ours),
        ]
    }

    private func unregistered(among endpoints: [RegisteredEndpoint]) -> CheckResult {
        let name = "stripe.endpoint"
        if isOfOrganization {
            return .skipped(
                name,
                "No endpoint of this account has the URL \(url). The destinations of the organisation are not in an "
                    + "account's list: look at them in Stripe's dashboard (Developers → Webhooks)."
            )
        }
        if let nearest = Spelling.nearest(to: url, among: endpoints.map(\.url)) {
            return .bad(
                name,
                "No endpoint at Stripe has the URL \(url). The nearest is \(printable(nearest)): correct that one, or set "
                    + "PUBLIC_URL to what it begins with."
            )
        }
        if let address = ServerAddress(url), address.isLoopback {
            return .skipped(
                name,
                "PUBLIC_URL is of this machine only, where Stripe cannot send anything: use `stripe listen "
                    + "--forward-to \(url)`, or set PUBLIC_URL to where Stripe reaches the service."
            )
        }
        return .bad(
            name,
            "None of the \(endpoints.count) endpoints at Stripe has the URL \(url). Register it in Stripe's dashboard "
                + "(Developers → Webhooks), or set PUBLIC_URL to where Stripe reaches the service."
        )
    }

    /// Checks the event types of our enabled endpoints together: there may be one per mode or per kind.
    private func events(_ endpoints: [RegisteredEndpoint]) -> CheckResult {
        let missing = types.filter { type in !endpoints.contains { $0.receives(type) } }
        guard !missing.isEmpty else {
            return .good("stripe.endpoint.events", "It is sent every type of event that we project.")
        }
        return .bad(
            "stripe.endpoint.events",
            "It is not sent \(missing.joined(separator: ", ")). Add \(missing.count == 1 ? "this type" : "these types") "
                + "to the endpoint in Stripe's dashboard."
        )
    }

    /// Checks the API versions of our endpoints.
    ///
    /// For an upgrade, Stripe says to register a second endpoint at the same URL with a query, and to delete
    /// the first at the end (https://docs.stripe.com/webhooks/versioning).
    private func versions(_ endpoints: [RegisteredEndpoint]) -> CheckResult {
        let name = "stripe.endpoint.version"
        let list: String = endpoints.map { endpoint in
            let version = endpoint.apiVersion.map { printable($0) } ?? "the account's own version"
            return "\(endpoint.id) (\(printable(endpoint.url)), \(printable(endpoint.status))) has \(version)"
        }.joined(separator: "; ")
        let enabled = Set(endpoints.filter { $0.status == "enabled" }.map(\.apiVersion))
        if enabled.count > 1 {
            return .advice(
                name,
                "Two enabled endpoints have different API versions: \(list). This is normal during an upgrade: each event "
                    + "arrives in both versions, both are read, and STRIPE_WEBHOOK_SECRET holds the secret of each. Delete "
                    + "the older endpoint when the upgrade is done."
            )
        }
        guard let theirs = enabled.first ?? nil else {
            return .advice(
                name,
                "The API version of events changes with the account's: \(list). Any version is read; ours is \(version)."
            )
        }
        guard theirs == version.text else {
            return .advice(
                name,
                "The API version of events differs from ours, \(version): \(list). Any version is read."
            )
        }
        return .good(name, "The API version of events is ours: \(list).")
    }

    /// Whether two URLs lead to the same endpoint; the service ignores the query.
    private static func isSame(_ registered: String, _ ours: String) -> Bool {
        let registered = String(registered.prefix { $0 != "?" })
        guard let left = ServerAddress(registered), let right = ServerAddress(ours) else {
            return registered == ours
        }
        return left.normalized == right.normalized
    }
}

extension ServerAddress {
    /// The address with its default port made explicit.
    fileprivate var normalized: ServerAddress {
        ServerAddress(
            scheme: scheme,
            host: host,
            port: port ?? (scheme == "https" ? 443 : 80),
            path: path
        )
    }
}
