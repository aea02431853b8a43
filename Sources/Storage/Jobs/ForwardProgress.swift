package import Billing
package import JSON

/// How far the log was passed on to one receiver: enough to continue after the process is killed at any point.
package struct ForwardProgress: Sendable, Equatable {
    /// An event that the receiver refused, or one of the same object that must not overtake it.
    package struct Delayed: Sendable, Equatable {
        package let sequence: Int64
        package let objectID: String?
        package var attempts: Int
        package var dueAt: Instant
        /// When the receiver first refused it.
        package var since: Instant

        package init(
            sequence: Int64,
            objectID: String?,
            attempts: Int = 0,
            dueAt: Instant,
            since: Instant
        ) {
            self.sequence = sequence
            self.objectID = objectID
            self.attempts = attempts
            self.dueAt = dueAt
            self.since = since
        }
    }

    /// The number of the last event of the log that was looked at.
    package var sequence: Int64
    /// The events that the receiver accepted.
    package var accepted = 0
    /// The events that the receiver still refused after three days.
    package var givenUp = 0
    /// How often in a row the receiver did not answer, or was in trouble.
    package var failures = 0
    /// In the order of the log.
    package var delayed: [Delayed] = []

    package init(after sequence: Int64) { self.sequence = sequence }

    /// Lets the delayed events be passed on now.
    package mutating func makeDue(at now: Instant) {
        for index in delayed.indices { delayed[index].dueAt = min(delayed[index].dueAt, now) }
    }
}

extension Job {
    /// The job that passes the log on to one receiver.
    package init(forwardingTo receiver: String, after sequence: Int64, now: Instant) {
        self.init(id: receiver, kind: .forward, dueAt: now, createdAt: now)
        keep(ForwardProgress(after: sequence))
    }

    /// `nil` for another kind of job, and for progress that only another version can read.
    package var forwardProgress: ForwardProgress? { kind == .forward ? Self.decode(progress) : nil }
}

// MARK: JSON

extension ForwardProgress: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        sequence = try json.decode("sequence")
        accepted = try json.decode("accepted")
        givenUp = try json.decode("given_up")
        failures = try json.decode("failures")
        delayed = try json.decode("delayed")
    }

    package func write(to json: inout JSONWriter) {
        json.member("accepted", accepted)
        json.member("delayed", delayed)
        json.member("failures", failures)
        json.member("given_up", givenUp)
        json.member("sequence", sequence)
    }
}

extension ForwardProgress.Delayed: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        sequence = try json.decode("sequence")
        objectID = try json.decodeIfPresent("object_id")
        attempts = try json.decode("attempts")
        dueAt = try json.decode("due_at")
        since = try json.decode("since")
    }

    package func write(to json: inout JSONWriter) {
        json.member("attempts", attempts)
        json.member("due_at", dueAt)
        json.member("object_id", objectID)
        json.member("sequence", sequence)
        json.member("since", since)
    }
}
