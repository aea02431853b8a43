package import JSON

/// The progress of the job of kind ``Job/Kind/retention``.
package struct RetentionProgress: Sendable, Equatable {
    /// The totals of all passes so far.
    package var bodies = 0
    package var bytes = 0

    package init() {}
}

extension RetentionProgress: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        bodies = try json.decode("bodies")
        bytes = try json.decode("bytes")
    }

    package func write(to json: inout JSONWriter) {
        json.member("bodies", bodies)
        json.member("bytes", bytes)
    }
}

extension Job {
    /// The progress of retention; `nil` for JSON of a later version.
    package var retentionProgress: RetentionProgress? { Self.decode(progress) }
}
