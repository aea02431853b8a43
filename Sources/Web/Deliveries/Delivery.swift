import Billing
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import Storage
import Traces
import Webhooks

/// One delivery from its first bytes to its answer.
struct Delivery {
    let began = ContinuousClock.now
    /// The time of receipt, by the application's clock.
    let receivedAt: Instant
    /// Its request id, and its place in the caller's trace.
    let scope: TraceScope
    /// The secrets that were active when it began.
    let secrets: ActiveSecrets
    /// The value of `Content-Length`; `nil` if the body comes in chunks.
    let announcedLength: String?
    var body: ArrivingBody
    var signature: SignatureHeader?
    /// Why it is refused before its body arrives.
    var refusal: APIError?
    /// The event, once its signature was verified.
    var event: IncomingEvent?

    var requestID: String { scope.requestID ?? "" }
}

/// The result of a delivery.
enum DeliveryResult: Sendable {
    case refused(APIError)
    case recorded(RecordAnswer)
}

/// The answer to a delivery, as it is sent.
struct DeliveryAnswer {
    private(set) var head: HTTPResponseHead
    let body: ByteBuffer

    init(_ status: HTTPResponse.Status, _ fields: HTTPFields, _ body: ByteBuffer) {
        head = HTTPResponseHead(HTTPResponse(status: status, headerFields: fields))
        self.body = body
        add(.contentLength, String(body.readableBytes))
    }

    init(_ error: APIError, requestID: String) {
        self.init(error.status, error.fields, error.bytes(requestID: requestID))
    }

    /// Adds the fields that every answer has.
    mutating func addFields(requestID: String, date: String) {
        add(.requestID, requestID)
        add(.xContentTypeOptions, "nosniff")
        add(.date, date)
    }

    private mutating func add(_ name: HTTPField.Name, _ value: String) {
        head.headers.add(name: name.rawName, value: value)
    }
}
