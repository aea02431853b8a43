import Billing
import StripeAPI

/// Looks at the endpoints that are registered at Stripe: whether one of them is ours, and set up as we need it.
struct EndpointExamination {
    /// Where Stripe is to send events.
    let url: String
    /// The types that are projected.
    let types: [String]
    /// The version that answers of Stripe's API are asked for.
    let version: StripeAPIVersion

    func findings(_ endpoints: [RegisteredEndpoint]) -> [Finding] {
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
        return [
            .good("stripe.endpoint", "Stripe sends events to \(url) (\(first.id))."), events(ours),
            shape(first),
        ]
    }

    private func unregistered(among endpoints: [RegisteredEndpoint]) -> Finding {
        let name = "stripe.endpoint"
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

    /// The types of all enabled endpoints with our URL together: there may be one for each mode, or each kind.
    private func events(_ endpoints: [RegisteredEndpoint]) -> Finding {
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

    private func shape(_ endpoint: RegisteredEndpoint) -> Finding {
        let name = "stripe.endpoint.version"
        guard let theirs = endpoint.apiVersion else {
            return .advice(
                name,
                "It has no API version of its own, so that its events change their shape when the account's version "
                    + "does. Any is read; \(version) is what this was written against."
            )
        }
        guard theirs == version.text else {
            return .advice(
                name,
                "Its events come in API version \(printable(theirs)). Any is read; \(version) is what this was written "
                    + "against."
            )
        }
        return .good(name, "Its events come in API version \(version).")
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        guard let left = ServerAddress(left), let right = ServerAddress(right) else { return left == right }
        return left.normalized == right.normalized
    }
}

extension ServerAddress {
    /// The one spelling of it.
    fileprivate var normalized: ServerAddress {
        ServerAddress(
            scheme: scheme,
            host: host,
            port: port ?? (scheme == "https" ? 443 : 80),
            path: path
        )
    }
}
