import HTTPClient
import StripeAPI

/// An HTTP answer, whichever client read it.
struct Answer: Sendable {
    let status: Int
    let headers: TransportHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The document; null where the body is not JSON.
    var json: ReceivedJSON { (try? ReceivedJSON(body)) ?? .null }

    /// The rows of a list envelope; an answer without them fails the test.
    var rows: [ReceivedJSON] {
        get throws {
            guard case .array(let rows) = json["data"] else { throw HarnessFailure.notAList(text) }
            return rows
        }
    }

    /// The ids of the rows of a list envelope.
    var ids: [String] {
        get throws { try rows.compactMap { $0["id"]?.string } }
    }

    /// The code of an error of the contract's shape.
    var errorCode: String? { json["error"]?["code"]?.string }

    /// The body without the request's id, to compare the answers of two requests.
    var withoutRequestID: String {
        guard let id = headers["Request-Id"] else { return text }
        return text.replacing(id, with: "req_…")
    }

    /// The parameter that an error blames.
    var errorParameter: String? { json["error"]?["param"]?.string }
}

extension Answer {
    init(_ response: TransportResponse) {
        self.init(status: response.status, headers: response.headers, body: response.body)
    }
}
