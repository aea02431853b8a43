import HTTPClient
import StripeAPI
import Webhooks

@testable import Web

/// The API keys that the service under test knows, and one that it does not.
enum TestKey: String, CaseIterable {
    case feed = "cbk_feed_0Vw1qk3mV8"
    case ops = "cbk_ops_X7p2Zt5cQ4"
    case usage = "cbk_usage_N3b8Wd6fR1"
    case sessions = "cbk_sessions_P4k7Tq1wB6"
    case user = "cbk_user_S8r4Mf2kC7"
    case customers = "cbk_customers_G6t1Lb9xE5"
    case metrics = "cbk_metrics_L2c6Vy9sD3"
    case unknown = "cbk_nobody_J5h9Yx2gT0"

    var headers: [TransportHeader] { [TransportHeader("Authorization", "Bearer \(rawValue)")] }
    var headersOfConsole: [TransportHeader] { [TransportHeader("x-api-key", rawValue)] }

    static let all = [
        key(.feed, [.feedRead]), key(.ops, [.ops]), key(.usage, [.usageWrite]),
        key(.sessions, [.sessionsWrite]), key(.metrics, [.metricsRead]),
        key(.user, [.feedUser]), key(.customers, [.customersWrite]),
    ]

    private static func key(_ key: TestKey, _ scopes: Set<Scope>) -> APIKey {
        APIKey(name: "\(key)", digest: SHA256Digest(of: Array(key.rawValue.utf8)), scopes: scopes)
    }
}
