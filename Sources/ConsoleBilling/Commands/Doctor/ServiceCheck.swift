import Billing
import Foundation
import HTTPClient
import JSON
import StripeAPI
import Webhooks

/// Checks the running service from outside, as Stripe and a load balancer see it.
struct ServiceCheck {
    let base: ServerAddress
    /// `nil` if no secret is configured.
    let secret: EndpointSecret?
    let transport: any HTTPTransport

    func results(now: Instant) async -> [CheckResult] {
        let alive = await answer("/healthz")
        guard case .success(let response) = alive else {
            return [
                .bad(
                    "service",
                    "Nothing answers at \(base). Start it with `console-billing serve`, or say where it is with --server."
                )
            ]
        }
        guard response.status == 200 else {
            return [
                .bad(
                    "service",
                    "\(base) answered \(response.status) to /healthz. Is it console-billing that listens there?"
                )
            ]
        }
        return [.good("service", "It runs at \(base)."), await readiness, await webhook(now)]
    }

    private var readiness: CheckResult {
        get async {
            let status = try? await answer("/readyz").get().status
            return status == 200
                ? .good("service.ready", "It can store events.")
                : .bad(
                    "service.ready",
                    "It runs and cannot store events (\(status.map(String.init) ?? "no answer")). Its log says why; "
                        + "look at the disk first."
                )
        }
    }

    /// Posts a signed body that is not an event.
    ///
    /// A service with the same secret accepts the signature, refuses the body and records nothing.
    private func webhook(_ now: Instant) async -> CheckResult {
        let name = "service.webhook"
        guard let secret else { return .skipped(name, "Not tried: there is no secret here to sign with.") }
        let probe = Array("{}".utf8)
        let request = TransportRequest(
            .post(probe),
            url: base.appending(ServerAddress.webhookPath).description,
            headers: [
                TransportHeader("Stripe-Signature", PayloadSigner(secret: secret).header(for: probe, at: now))
            ]
        )
        guard let response = try? await transport.send(request) else {
            return .bad(name, "The webhook endpoint does not answer.")
        }
        return Self.judge(status: response.status, code: Self.errorCode(in: response.body))
    }

    static func judge(status: Int, code: String?) -> CheckResult {
        let name = "service.webhook"
        return switch code {
        case "payload_invalid":
            .good(name, "It accepts our signature.")
        case "signature_mismatch":
            .bad(
                name,
                "It rejects our signature. Give the service and this command the same STRIPE_WEBHOOK_SECRET."
            )
        case "timestamp_outside_tolerance":
            .bad(name, "Its clock and ours differ too much. Let both machines keep time with NTP.")
        default:
            .bad(
                name,
                "The webhook endpoint answered \(status)\(code.map { " " + printable($0) } ?? ""), which no "
                    + "console-billing does. Is a proxy in between?"
            )
        }
    }

    private static func errorCode(in body: [UInt8]) -> String? {
        try? JSONValue.read(body) { $0["error"]?.string("code") }
    }

    private func answer(_ path: String) async -> Result<TransportResponse, TransportError> {
        let request = TransportRequest(.get, url: base.appending(path).description)
        do {
            return .success(try await transport.send(request))
        } catch {
            return .failure(error)
        }
    }
}
