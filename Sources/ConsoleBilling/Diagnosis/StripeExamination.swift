import Billing
import Foundation
import StripeAPI
import Synchronization

/// Asks Stripe's API one small thing, and tells why it does not answer.
struct StripeExamination {
    let key: StripeSecretKey?
    let base: StripeAPIBase
    let version: StripeAPIVersion
    /// `nil`: events of both modes are shown.
    let livemode: Bool?
    let transport: any HTTPTransport

    func findings(now: Instant) async -> [Finding] {
        guard let key else {
            return [
                .skipped(
                    "stripe.key",
                    "STRIPE_SECRET_KEY is not set: nothing is fetched from Stripe, and receipts come from stored links."
                )
            ]
        }
        let dated = DateKeepingTransport(transport)
        let client = StripeClient(transport: dated, base: base, key: key, version: version)
        var findings = [Self.mode(of: key, livemode)]
        do {
            _ = try await client.get(path: ["v1", "events"], query: [("limit", "1")])
            findings.append(.good("stripe.api", "\(base) answers, and accepts our key."))
        } catch {
            findings.append(.bad("stripe.api", Self.advice(error, base)))
        }
        if let theirs = dated.date {
            findings.append(MachineExamination.clock(now, against: theirs, of: "Stripe"))
        }
        return findings
    }

    static func mode(of key: StripeSecretKey, _ livemode: Bool?) -> Finding {
        guard let mode = key.livemode else {
            return .bad(
                "stripe.key",
                "STRIPE_SECRET_KEY does not begin as Stripe's keys do (sk_live_, sk_test_, rk_live_, rk_test_). Copy "
                    + "it anew from Stripe's dashboard."
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

    static func advice(_ error: StripeAPIError, _ base: StripeAPIBase) -> String {
        switch error {
        case .unauthorized: "Stripe does not know our key. Copy it anew from Stripe's dashboard."
        case .forbidden:
            "The key may not read events. Give the restricted key read access to events, charges, payment intents, "
                + "refunds, disputes and invoices."
        case .rateLimited, .serverFault: "Stripe cannot answer at the moment (\(error)). Try again later."
        case .transport(let reason):
            "\(base) cannot be reached: \(reason). Look at the network and, if there is one, the proxy or firewall."
        default: "\(base) answers as Stripe does not (\(error)). Is STRIPE_API_BASE right?"
        }
    }
}

/// Notes the `Date` of what passes through, to compare clocks.
private final class DateKeepingTransport: HTTPTransport {
    private let inner: any HTTPTransport
    private let latest = Mutex<Instant?>(nil)

    init(_ inner: any HTTPTransport) { self.inner = inner }

    var date: Instant? { latest.withLock(\.self) }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let response = try await inner.send(request)
        if let date = response.headers["Date"].flatMap(Instant.init(httpDate:)) {
            latest.withLock { $0 = date }
        }
        return response
    }
}

extension Instant {
    /// Reads the `Date` header of an answer: `Mon, 23 Nov 2026 15:07:40 GMT`.
    init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]), let year = Int32(words[3]),
            let month = months.firstIndex(of: String(words[2])), 1...31 ~= day, 1970...9999 ~= year
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int32($0) }
        guard clock.count == 3, 0...23 ~= clock[0], 0...59 ~= clock[1], 0...60 ~= clock[2] else { return nil }
        var parts = tm()
        (parts.tm_mday, parts.tm_mon, parts.tm_year) = (day, Int32(month), year - 1900)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
        self.init(unixSeconds: Int64(timegm(&parts)))
    }
}
