import Billing
import HTTPClient

/// A transport that answers every request with what the fuzzer wrote.
struct Script: HTTPTransport {
    let kind: ObjectKind
    let id: String
    let response: TransportResponse
    /// The error that is thrown instead of an answer.
    private let failure: TransportError?

    init(_ input: [UInt8]) {
        var lines: [String] = []
        var rest = input[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            guard !line.isEmpty else { break }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        let asked = (lines.first ?? "").split(separator: " ", maxSplits: 1).map(String.init)
        kind = asked.first.flatMap(ObjectKind.init) ?? .charge
        id = asked.count > 1 ? asked[1] : "ch_1"
        let status = lines.count > 1 ? Int(lines[1]) : nil
        var headers = TransportHeaders()
        for line in lines.dropFirst(2) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers.append(String(parts[0]), String(parts[1].drop { $0 == " " })) }
        }
        response = TransportResponse(status: status ?? 200, headers: headers, body: Array(rest))
        failure = status.flatMap { Self.failures[$0] }
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        if let failure { throw failure }
        return response
    }

    private static let failures: [Int: TransportError] = [
        1: .timedOut, 2: .couldNotConnect, 3: .tls, 4: .connectionLost, 5: .bodyTooLarge, 6: .headersTooLarge,
        7: .queueFull, 8: .cancelled, 9: .shuttingDown, 10: .other(code: 56), 11: .unsendable(.url),
    ]
}
