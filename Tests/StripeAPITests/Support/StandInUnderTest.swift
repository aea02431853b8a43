import Foundation
import HTTPClient
import StripeAPI
import StripeStandIn
import Synchronization
import Testing

/// A stand-in, a transport to reach it, and clocks that only the test moves.
struct StandInUnderTest: Sendable {
    static let key = "sk_test_standin"
    /// The stand-in's current time: 2026-11-01.
    static let now: Int64 = 1_793_491_200

    let standIn: StripeStandIn
    let transport: CurlTransport
    let clock: Clock

    final class Clock: Sendable {
        private let time: Mutex<(unix: Int64, uptime: ContinuousClock.Instant)>

        init() { time = Mutex((StandInUnderTest.now, .now)) }

        var unix: Int64 { time.withLock { $0.unix } }
        var uptime: ContinuousClock.Instant { time.withLock { $0.uptime } }

        func advance(_ duration: Duration) {
            time.withLock { time in
                time.uptime += duration
                time.unix += duration.components.seconds
            }
        }
    }

    /// Sets everything up for as long as `body` runs.
    static func with(
        furtherKeys: [APIKey] = [],
        rate: RequestRate? = nil,
        dateSkewSeconds: Int64 = 0,
        _ body: (StandInUnderTest) async throws -> Void
    ) async throws {
        let clock = Clock()
        let configuration = StripeStandIn.Configuration(
            key: key,
            furtherKeys: furtherKeys,
            rate: rate,
            now: { clock.unix },
            dateSkewSeconds: dateSkewSeconds,
            uptime: { clock.uptime }
        )
        try await StripeStandIn.with(configuration) { standIn in
            try await withTransport { transport in
                try await body(StandInUnderTest(standIn: standIn, transport: transport, clock: clock))
            }
        }
    }

    func client(key: String = Self.key) throws -> StripeClient {
        try .forStandIn(standIn, transport, key: key)
    }

    struct Answer {
        let status: Int
        let headers: TransportHeaders
        let json: [String: Any]

        var ids: [String]? { (json["data"] as? [[String: Any]])?.compactMap { $0["id"] as? String } }
        var hasMore: Bool? { json["has_more"] as? Bool }
        var error: [String: Any]? { json["error"] as? [String: Any] }
        var code: String? { error?["code"] as? String }
        var parameter: String? { error?["param"] as? String }
    }

    /// Asks as no client of ours would.
    func get(_ path: String, key: String = Self.key, headers: [String: String] = [:]) async throws -> Answer {
        try await send(.get, path, key: key, headers: headers)
    }

    func post(
        _ path: String,
        _ form: String,
        key: String = Self.key,
        idempotencyKey: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        var headers = headers.merging(["Content-Type": "application/x-www-form-urlencoded"]) { mine, _ in mine
        }
        headers["Idempotency-Key"] = idempotencyKey
        return try await send(.post(Array(form.utf8)), path, key: key, headers: headers)
    }

    private func send(
        _ method: TransportRequest.Method,
        _ path: String,
        key: String,
        headers: [String: String]
    ) async throws -> Answer {
        let own = ["Authorization": "Bearer \(key)", "Stripe-Version": "2026-09-30.endive"]
        let all = own.merging(headers) { $1 }.map { TransportHeader($0.key, $0.value) }
        let request = TransportRequest(method, url: standIn.baseURL + path, headers: all)
        let response = try await transport.send(request)
        let json = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return Answer(status: response.status, headers: response.headers, json: json ?? [:])
    }
}

/// Events as small as they may be.
enum MadeUp {
    /// An event about a charge of the same number.
    static func event(
        _ number: Int,
        created: Int64 = StandInUnderTest.now - 3600,
        type: String = "charge.succeeded",
        object: String? = nil,
        more: String = ""
    ) -> String {
        let object = object ?? charge(number, created: created)
        return """
            {"id":"evt_\(number)","object":"event","type":"\(type)","created":\(created),\(more)
            "data":{"object":\(object)}}
            """
    }

    static func charge(
        _ number: Int,
        created: Int64 = StandInUnderTest.now - 3600,
        more: String = ""
    ) -> String {
        """
        {"id":"ch_\(number)","object":"charge","created":\(created),\(more)
        "amount":100,"currency":"usd","status":"succeeded"}
        """
    }
}
