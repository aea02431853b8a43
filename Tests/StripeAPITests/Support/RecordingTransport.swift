import HTTPClient
import StripeAPI
import Synchronization

/// Gives the same answer to every request, and records the requests.
final class RecordingTransport: HTTPTransport {
    private let answer: Result<TransportResponse, TransportError>
    private let recorded = Mutex<[TransportRequest]>([])

    init(_ answer: Result<TransportResponse, TransportError>) { self.answer = answer }

    convenience init(status: Int = 200, headers: TransportHeaders = [:], body: String) {
        self.init(.success(TransportResponse(status: status, headers: headers, body: Array(body.utf8))))
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        recorded.withLock { $0.append(request) }
        return try answer.get()
    }

    var requests: [TransportRequest] { recorded.withLock { $0 } }

    func header(_ name: String) -> String? { requests.last?.headers.first { $0.name == name }?.value }
}
