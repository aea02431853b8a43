import Billing
import Foundation
import HTTPClient
import Scenarios
import StripeAPI
import Synchronization

/// Stripe, as the service meets it: an API that answers as it pleases, holding the objects of some stories.
final class SimulatedStripe: HTTPTransport {
    private struct State {
        var random: SeededRandom
        var isCalm = false
        var requests = 0
    }

    /// The last event of each object.
    ///
    /// Few are ever asked for, and to write them all would be a third of the work.
    private let events: [String: [UInt8]]
    private let state: Mutex<State>

    /// The state of Stripe; its API returns the latest state of an object.
    init(stories: [Fixture], seed: UInt64) {
        var events: [String: [UInt8]] = [:]
        for event in stories.flatMap(\.events) {
            if let id = Self.object(of: event.body)?["id"] as? String { events[id] = event.body }
        }
        self.events = events
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    private static func object(of body: [UInt8]) -> [String: Any]? {
        let root = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        return (root?["data"] as? [String: Any])?["object"] as? [String: Any]
    }

    var requests: Int { state.withLock { $0.requests } }

    /// From now on every request is answered, and rightly.
    func calmDown() { state.withLock { $0.isCalm = true } }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let dice: Int = state.withLock { state in
            state.requests += 1
            return state.isCalm ? 0 : Int.random(in: 0..<10, using: &state.random)
        }
        switch dice {
        case 5: throw .timedOut
        case 6: throw .connectionLost
        case 7: return TransportResponse(status: 429, body: Array(#"{"error":{"type":"api_error"}}"#.utf8))
        case 8: return TransportResponse(status: 500, body: Array("<html>".utf8))
        case 9: return TransportResponse(status: 200, body: Array("{\"id\":\"ch_1\"".utf8))
        default: return answer(request)
        }
    }

    private func object(_ id: String) -> [UInt8]? {
        guard let object = events[id].flatMap(Self.object(of:)) else { return nil }
        return (try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)).map(Array.init)
    }

    /// All on one page: the refunds of a charge, the payments of an invoice.
    private func list(path: String, query: String) -> [UInt8]? {
        let lists = [
            ("/v1/refunds", "refund", "charge"), ("/v1/invoice_payments", "invoice_payment", "invoice"),
        ]
        guard let (_, kind, owner) = lists.first(where: { path.hasSuffix($0.0) }) else { return nil }
        let wanted = query.split(separator: "&").first { $0.hasPrefix(owner + "=") }?.dropFirst(
            owner.count + 1
        )
        let elements = events.keys.sorted().filter { id in
            let object = events[id].flatMap(Self.object(of:))
            return object?["object"] as? String == kind
                && object?[owner] as? String == wanted.map(String.init)
        }
        let texts = elements.compactMap(object).map { String(decoding: $0, as: UTF8.self) }.joined(
            separator: ","
        )
        return Array(#"{"object":"list","has_more":false,"data":[\#(texts)]}"#.utf8)
    }

    private func answer(_ request: TransportRequest) -> TransportResponse {
        let path = request.url.prefix { $0 != "?" }
        if let list = list(path: String(path), query: String(request.url.dropFirst(path.count + 1))) {
            return TransportResponse(status: 200, body: list)
        }
        guard let id = path.split(separator: "/").last, let body = object(String(id)) else {
            return TransportResponse(
                status: 404,
                body: Array(#"{"error":{"type":"invalid_request_error"}}"#.utf8)
            )
        }
        return TransportResponse(status: 200, body: body)
    }
}
