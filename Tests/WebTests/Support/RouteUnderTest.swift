import Foundation
import HTTPClient
import StripeAPI
import Testing

@testable import Web

/// A route of the service, and who may use it.
struct RouteUnderTest: Sendable, CustomTestStringConvertible {
    enum Guard: Sendable {
        /// Every caller, with any credentials or none.
        case open
        /// A key with this scope.
        case key(TestKey)
        /// A key with this scope, or a signed link for this purpose alone.
        case keyOrLink(TestKey, TransactionLink.Purpose)
        /// A customer session, and no key.
        case session
    }

    let method: String
    /// As the controllers register it.
    let pattern: String
    /// One that answers well for who may use it, once ``FeedSample`` has been delivered with what waits.
    let path: String
    let access: Guard
    /// The answer to a permitted caller.
    var status = 200
    /// The same route with `cus_two`'s data and not `cus_one`'s, once ``OwnershipSample`` has been delivered;
    /// every route that a customer may use has some.
    var theirs: [String] = []

    var testDescription: String { "\(method) \(pattern)" }

    /// Whether it is one of Console's, which ignore parameters that they do not have.
    var isConsoles: Bool {
        pattern.hasPrefix("/v1/stripe/transactions") || pattern.hasPrefix("/v1/usage/history")
    }

    /// Whether it refuses parameters that it does not have.
    var readsQuery: Bool {
        if isConsoles { return false }
        return pattern == "/v1/transactions/{id}/receipt/email" || pattern == "/v1/usage/syncs"
            || pattern == "/v1/console_imports"
            || path.contains("?since=") || pattern.hasPrefix("/v1/jobs")
            || method == "GET" && !["/v1/backup", "/metrics"].contains(pattern)
    }

    /// The method, with a body of nothing where there may be one.
    var emptyRequest: TransportRequest.Method {
        switch method {
        case "POST": .post([])
        case "PUT": .put([])
        default: .get
        }
    }

    var key: TestKey? {
        switch access {
        case .open, .session: nil
        case .key(let key), .keyOrLink(let key, _): key
        }
    }

    static let all: [RouteUnderTest] = [
        .init(
            method: "POST",
            pattern: "/v1/stripe-webhook",
            path: "/v1/stripe-webhook",
            access: .open,
            status: 400
        ),
        .init(
            method: "POST",
            pattern: "/v1/customer_sessions",
            path: "/v1/customer_sessions",
            access: .key(.sessions),
            status: 400
        ),
        .init(
            method: "GET",
            pattern: "/v1/customers",
            path: "/v1/customers",
            access: .key(.customers)
        ),
        .init(
            method: "GET",
            pattern: "/v1/customers/{id}",
            path: "/v1/customers/cus_one",
            access: .key(.customers)
        ),
        .init(
            method: "PUT",
            pattern: "/v1/customers/{id}",
            path: "/v1/customers/cus_one",
            access: .key(.customers),
            status: 400
        ),
        .init(
            method: "GET",
            pattern: "/v1/transactions",
            path: "/v1/transactions",
            access: .key(.feed),
            theirs: [
                "/v1/transactions?customer=cus_two", "/v1/transactions?customer=cus_two&starting_after=ch_c",
            ]
        ),
        .init(
            method: "GET",
            pattern: "/v1/transactions/export",
            path: "/v1/transactions/export",
            access: .key(.feed),
            theirs: [
                "/v1/transactions/export?customer=cus_two",
                "/v1/transactions/export?customer=cus_two&format=jsonl",
            ]
        ),
        .init(
            method: "GET",
            pattern: "/v1/transactions/{id}",
            path: "/v1/transactions/ch_a",
            access: .key(.feed),
            theirs: ["/v1/transactions/ch_c"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/transactions/{id}/next_action",
            path: "/v1/transactions/pi_a/next_action",
            access: .keyOrLink(.feed, .nextAction),
            status: 302,
            theirs: ["/v1/transactions/pi_c/next_action"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/transactions/{id}/receipt",
            path: "/v1/transactions/ch_a/receipt",
            access: .keyOrLink(.feed, .receipt),
            status: 302,
            theirs: ["/v1/transactions/ch_c/receipt", "/v1/transactions/ch_c/receipt?format=pdf"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/transactions/{id}/receipt/print",
            path: "/v1/transactions/ch_a/receipt/print",
            access: .keyOrLink(.feed, .receipt),
            theirs: ["/v1/transactions/ch_c/receipt/print"]
        ),
        .init(
            method: "POST",
            pattern: "/v1/transactions/{id}/receipt/email",
            path: "/v1/transactions/ch_a/receipt/email",
            access: .key(.feed),
            theirs: ["/v1/transactions/ch_c/receipt/email"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/stripe/transactions",
            path: "/v1/stripe/transactions",
            access: .key(.feed),
            theirs: ["/v1/stripe/transactions?customer=cus_two"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/stripe/transactions/export",
            path:
                "/v1/stripe/transactions/export?timezone=UTC&startDate=2026-03-01T00:00:00Z&endDate=2026-03-02T00:00:00Z",
            access: .key(.feed),
            theirs: [
                "/v1/stripe/transactions/export?timezone=UTC&customer=cus_two&startDate=2026-03-01T00:00:00Z&endDate=2026-03-02T00:00:00Z"
            ]
        ),
        .init(method: "GET", pattern: "/v1/events", path: "/v1/events", access: .key(.ops)),
        .init(
            method: "GET",
            pattern: "/v1/events/summary",
            path: "/v1/events/summary",
            access: .key(.ops)
        ),
        .init(
            method: "GET",
            pattern: "/v1/events/{id}",
            path: "/v1/events/evt_of_ch_a_0",
            access: .key(.ops)
        ),
        .init(
            method: "POST",
            pattern: "/v1/events/reproject",
            path: "/v1/events/reproject",
            access: .key(.ops)
        ),
        .init(
            method: "POST",
            pattern: "/v1/events/{id}/reproject",
            path: "/v1/events/evt_of_ch_a_0/reproject",
            access: .key(.ops)
        ),
        .init(method: "POST", pattern: "/v1/erasures", path: "/v1/erasures", access: .key(.ops), status: 400),
        .init(method: "GET", pattern: "/v1/backup", path: "/v1/backup", access: .key(.ops)),
        .init(method: "GET", pattern: "/v1/secrets", path: "/v1/secrets", access: .key(.ops)),
        .init(method: "GET", pattern: "/v1/jobs", path: "/v1/jobs", access: .key(.ops)),
        .init(
            method: "GET",
            pattern: "/v1/jobs/{id}",
            path: "/v1/jobs/nothing",
            access: .key(.ops),
            status: 404
        ),
        .init(
            method: "POST",
            pattern: "/v1/jobs/{id}/retry",
            path: "/v1/jobs/nothing/retry",
            access: .key(.ops),
            status: 404
        ),
        .init(
            method: "POST",
            pattern: "/v1/jobs/{id}/cancel",
            path: "/v1/jobs/nothing/cancel",
            access: .key(.ops),
            status: 404
        ),
        .init(
            method: "POST",
            pattern: "/v1/backfills",
            path: "/v1/backfills?since=30d",
            access: .key(.ops),
            status: 202
        ),
        .init(
            method: "GET",
            pattern: "/v1/backfills/{id}",
            path: "/v1/backfills/latest",
            access: .key(.ops),
            status: 404
        ),
        .init(
            method: "POST",
            pattern: "/v1/reconciliations",
            path: "/v1/reconciliations?since=7d",
            access: .key(.ops),
            status: 202
        ),
        .init(
            method: "GET",
            pattern: "/v1/reconciliations/{id}",
            path: "/v1/reconciliations/latest",
            access: .key(.ops),
            status: 404
        ),
        .init(method: "GET", pattern: "/metrics", path: "/metrics", access: .key(.metrics)),
        .init(
            method: "POST",
            pattern: "/v1/usage/leases",
            path: "/v1/usage/leases",
            access: .key(.usage),
            status: 400
        ),
        .init(
            method: "POST",
            pattern: "/v1/usage/calendar",
            path: "/v1/usage/calendar",
            access: .key(.usage),
            status: 400
        ),
        .init(
            method: "PUT",
            pattern: "/v1/usage/accounts",
            path: "/v1/usage/accounts",
            access: .key(.usage),
            status: 400
        ),
        .init(
            method: "POST",
            pattern: "/v1/usage/syncs",
            path: "/v1/usage/syncs",
            access: .key(.usage),
            status: 202
        ),
        .init(
            method: "GET",
            pattern: "/v1/usage/syncs/{id}",
            path: "/v1/usage/syncs/latest",
            access: .key(.usage),
            status: 404
        ),
        .init(
            method: "PUT",
            pattern: "/v1/balances/observed",
            path: "/v1/balances/observed",
            access: .key(.usage),
            status: 400
        ),
        .init(
            method: "POST",
            pattern: "/v1/console_imports",
            path: "/v1/console_imports",
            access: .key(.ops),
            status: 409
        ),
        .init(
            method: "GET",
            pattern: "/v1/console_imports/{id}",
            path: "/v1/console_imports/latest",
            access: .key(.ops),
            status: 404
        ),
        .init(
            method: "POST",
            pattern: "/v1/usage/corrections",
            path: "/v1/usage/corrections",
            access: .key(.usage),
            status: 400
        ),
        .init(
            method: "PUT",
            pattern: "/v1/usage/tags",
            path: "/v1/usage/tags",
            access: .key(.usage),
            status: 400
        ),
        .init(
            method: "GET",
            pattern: "/v1/usage/tags",
            path: "/v1/usage/tags?customer=cus_one",
            access: .key(.feed),
            theirs: [
                "/v1/usage/tags?customer=cus_two", "/v1/usage/tags?owner=akash1other",
                "/v1/usage/tags?owner=akash1former",
            ]
        ),
        .init(
            method: "POST",
            pattern: "/v1/credits",
            path: "/v1/credits",
            access: .key(.usage),
            status: 400
        ),
        .init(
            method: "GET",
            pattern: "/v1/usage/daily",
            path: "/v1/usage/daily?customer=cus_one",
            access: .key(.feed),
            theirs: [
                "/v1/usage/daily?customer=cus_two", "/v1/usage/daily?owner=akash1an0ther0hra0rx",
                "/v1/usage/daily?owner=akash1f0rmerlyvmmf44",
            ]
        ),
        .init(
            method: "GET",
            pattern: "/v1/usage/monthly",
            path: "/v1/usage/monthly?customer=cus_one",
            access: .key(.feed),
            theirs: [
                "/v1/usage/monthly?customer=cus_two", "/v1/usage/monthly?owner=akash1an0ther0hra0rx",
                "/v1/usage/monthly?owner=akash1f0rmerlyvmmf44",
            ]
        ),
        .init(
            method: "GET",
            pattern: "/v1/balance",
            path: "/v1/balance?customer=cus_one",
            access: .key(.feed),
            theirs: ["/v1/balance?customer=cus_two"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/forecast",
            path: "/v1/forecast?customer=cus_one",
            access: .key(.feed),
            theirs: ["/v1/forecast?customer=cus_two"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/balance/history",
            path: "/v1/balance/history?customer=cus_one",
            access: .key(.feed),
            theirs: ["/v1/balance/history?customer=cus_two"]
        ),
        .init(
            method: "GET",
            pattern: "/v1/usage/history",
            path: "/v1/usage/history?address=akash1the0wnerygferu",
            access: .key(.feed),
            theirs: [
                "/v1/usage/history?address=akash1an0ther0hra0rx",
                "/v1/usage/history?address=akash1f0rmerlyvmmf44",
            ]
        ),
        .init(
            method: "GET",
            pattern: "/v1/usage/history/stats",
            path: "/v1/usage/history/stats?address=akash1the0wnerygferu",
            access: .key(.feed),
            theirs: [
                "/v1/usage/history/stats?address=akash1an0ther0hra0rx",
                "/v1/usage/history/stats?address=akash1f0rmerlyvmmf44",
            ]
        ),
        .init(method: "GET", pattern: "/openapi.json", path: "/openapi.json", access: .open),
        .init(method: "GET", pattern: "/healthz", path: "/healthz", access: .open),
        .init(method: "GET", pattern: "/v1/healthz/liveness", path: "/v1/healthz/liveness", access: .open),
        .init(method: "GET", pattern: "/readyz", path: "/readyz", access: .open),
        .init(method: "GET", pattern: "/v1/healthz/readiness", path: "/v1/healthz/readiness", access: .open),
        .init(method: "GET", pattern: "/assets/receipt.css", path: "/assets/receipt.css", access: .open),
        .init(method: "GET", pattern: "/assets/billing.css", path: "/assets/billing.css", access: .open),
        .init(method: "GET", pattern: "/assets/billing.js", path: "/assets/billing.js", access: .open),
        .init(method: "GET", pattern: "/assets/chart.js", path: "/assets/chart.js", access: .open),
        .init(method: "GET", pattern: "/billing", path: "/billing", access: .session),
        .init(method: "POST", pattern: "/billing", path: "/billing", access: .open, status: 303),
        .init(method: "GET", pattern: "/billing/usage", path: "/billing/usage", access: .session),
        .init(
            method: "POST",
            pattern: "/billing/transactions/{id}/email",
            path: "/billing/transactions/ch_a/email",
            access: .open,
            status: 303
        ),
    ]

    /// The patterns written in the controllers, to hold ``all`` against.
    static func patternsInSource() throws -> Set<String> {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(
                path: "Sources/Web/Controllers"
            )
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path())
        return try files.filter { $0.hasSuffix(".swift") }.reduce(into: []) { patterns, file in
            let source = String(
                decoding: try Data(contentsOf: folder.appending(path: file)),
                as: UTF8.self
            )
            let code = source.split(separator: "\n").filter { line in
                !line.drop { $0 == " " }.hasPrefix("//")
                    && (line.contains("routes.") || line.contains("for path")
                        || line.contains("static let path"))
            }
            for match in code.joined(separator: "\n").matches(of: /"(\/[^"]*)"/) {
                patterns.insert(String(match.1))
            }
        }
    }
}
