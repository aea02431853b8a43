import NIOCore

/// A request's body while it arrives, within the limit of one body and the budget that all bodies share.
struct ArrivingBody {
    private let limit: Int
    /// The setting that the limit comes from, for the answer.
    private let setting: String?
    let share: BodyShare
    private(set) var bytes: [UInt8] = []
    private var held = 0

    init(limit: Int, setting: String?, _ share: BodyShare) {
        self.limit = limit
        self.setting = setting
        self.share = share
    }

    /// Rejects a body whose `Content-Length` exceeds the limit.
    func refuse(length: String?) throws(APIError) {
        guard let length else { return }
        // The parser accepts only digits, so a length that is not an Int is 2^63 or more.
        guard let length = Int(length), length <= limit else { throw .tooLarge(limit, setting) }
    }

    /// Appends a part: 413 as soon as the body is known to exceed the limit, and 503 while there is no memory
    /// for more bodies.
    mutating func append(_ part: ByteBuffer) throws(APIError) {
        guard part.readableBytes <= limit - bytes.count else { throw .tooLarge(limit, setting) }
        guard share.take(part.readableBytes, beside: bytes.count) else { throw .noRoom }
        held += part.readableBytes
        // The bytes are copied, because even a part of one byte keeps the whole buffer alive that it was read
        // into.
        part.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
    }

    /// Gives back the body's part of the budget: it arrived, or is not read further.
    mutating func end() {
        if held > 0 { share.giveBack(held) }
        held = 0
    }
}

extension APIError {
    fileprivate static func tooLarge(_ limit: Int, _ setting: String?) -> APIError {
        APIError(
            .contentTooLarge,
            "body_too_large",
            "The body is over the limit of \(limit) bytes\(setting.map { " (\($0))" } ?? "").",
            headers: [.connection: "close"]
        )
    }

    static let noRoom = APIError(
        .serviceUnavailable,
        "bodies_in_flight",
        "Too many bodies are being sent at once. Try again in a few seconds.",
        headers: [.retryAfter: "5", .connection: "close"]
    )
}
