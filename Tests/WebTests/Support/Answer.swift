import StripeAPI

/// An HTTP answer, whichever client read it.
struct Answer: Sendable {
    let status: Int
    let headers: TransportHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: JSONValue {
        get throws { try JSONValue(body) }
    }

    /// The rows of a list envelope.
    var rows: [JSONValue] {
        get throws { try json["data"]?.array ?? [] }
    }

    /// The ids of the rows of a list envelope.
    var ids: [String] {
        get throws { try rows.compactMap { $0["id"]?.string } }
    }

    /// The code of an error of the contract's shape.
    var errorCode: String? {
        get throws { try json["error"]?["code"]?.string }
    }

    /// The parameter that an error blames.
    var errorParameter: String? {
        get throws { try json["error"]?["param"]?.string }
    }
}

extension Answer {
    init(_ response: TransportResponse) {
        self.init(status: response.status, headers: response.headers, body: response.body)
    }
}
