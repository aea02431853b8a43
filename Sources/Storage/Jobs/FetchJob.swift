package import Billing
package import JSON

/// Questions to Stripe as jobs.
///
/// ``EventLog/record(_:)`` adds them in the database transaction of the event. A webhook asks for everything
/// that is missing of its payment, and again for what failed. An event of source ``EventSource/api`` asks only
/// for objects that were not missing before it; otherwise answers without new data could cause each other for
/// ever. A later event with the answer deletes the job.
extension Job {
    /// Makes a job that asks Stripe when an event with the answer had the time to arrive.
    package init(fetching key: FetchKey, askedAt: Instant) {
        self.init(
            id: key.jobID,
            kind: .fetch,
            dueAt: askedAt.adding(seconds: key.question.patienceSeconds),
            request: JSONWriter.text(of: key),
            createdAt: askedAt
        )
    }

    /// The question; `nil` for a job of another kind, or for a question that only a later version knows.
    package var fetchKey: FetchKey? {
        guard kind == .fetch else { return nil }
        return try? JSONValue.read(Array(request.utf8)) { json -> FetchKey? in
            StripeFetchRequest(topic: json.string("asked") ?? "", subject: json.string("object") ?? "")
                .map { FetchKey($0, account: json.string("account")) }
        }
    }
}

extension FetchKey: JSONObject {
    /// The id of the job: a question is asked once at a time.
    package var jobID: String {
        "\(question.topic):\(question.subject)" + (account.isEmpty ? "" : "@\(account)")
    }

    package func write(to json: inout JSONWriter) {
        json.member("account", account.orNil)
        // `charge` for the object itself, `charge.refunds` for its refunds.
        json.member("asked", question.topic)
        json.member("object", question.subject)
    }
}
