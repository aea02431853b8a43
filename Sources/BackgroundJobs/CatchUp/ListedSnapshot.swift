import Billing
import Cryptography
import JSON
import Storage

/// How objects were requested from Stripe.
struct FetchContext: Sendable {
    let account: String?
    let livemode: Bool
    let apiVersion: String
    let now: Instant
}

/// The stored state of a page's objects and of their payments.
struct SnapshotsOfList: Sendable {
    var records: [ObjectReference: ObjectRecord] = [:]
    /// The ids of objects whose customer's personal data were erased.
    var erased: Set<String> = []

    subscript(_ reference: ObjectReference) -> ObjectRecord? { records[reference] }
}

/// An object from one of Stripe's lists.
struct ListedSnapshot: Sendable {
    let reference: ObjectReference
    let bytes: [UInt8]
    let observedAt: Instant
    /// The object and the objects expanded inside it; `nil` when it cannot be read.
    let objects: [StripeObject]?

    init(_ kind: ObjectKind, _ listed: ListedObject, observedAt: Instant, apiVersion: String) {
        reference = ObjectReference(kind, listed.id)
        bytes = listed.bytes
        self.observedAt = observedAt
        objects = listed.bytes.withUnsafeBufferPointer { bytes in
            (try? JSONValue.read(bytes) { try StripeObject(kind, $0, Rendering(version: apiVersion)) })?
                .flattened
        }
    }

    /// Whether it holds a field value that the log lacks and that was not erased.
    func addsInformation(to known: SnapshotsOfList) -> Bool {
        guard let objects else { return true }
        return !objects.allSatisfy { object in
            // The log holds conflicting states of this object, so its current state is unknown.
            guard let record = known[object.reference], !record.isAmbiguous, let snapshot = record.snapshot
            else { return false }
            let isErased = known.erased.contains(object.reference.id)
            let said = isErased ? PersonalData.erased(from: object) ?? object : object
            return FieldValues(of: said).isContained(in: FieldValues(of: snapshot.object))
        }
    }

    /// The records that it would add to the log.
    func records(in context: FetchContext) -> [ObjectRecord] {
        delivery(in: context, known: SnapshotsOfList())?.event.records(receivedAt: observedAt) ?? []
    }

    /// The event under which it is recorded.
    ///
    /// The event's id is a hash of the object's fields and of the state it replaces. Recording it again after
    /// a restart changes nothing, while an object that returns to an earlier state gets a new event.
    func delivery(
        in context: FetchContext,
        known: SnapshotsOfList
    ) -> IncomingEvent? {
        let outweighed = known[reference]?.snapshot
        let said = objects?.map { FieldValues(of: $0).text } ?? ["unreadable"]
        let identity =
            [context.account ?? "", reference.kind.rawValue, reference.id] + said
            + [outweighed.map { "\($0.observedAt.unixSeconds) \(FieldValues(of: $0.object).text)" } ?? ""]
        let digest = SHA256Digest(of: Array(identity.joined(separator: "\n\n").utf8))
        let body = FetchedObject.eventBody(
            showing: reference,
            object: bytes,
            id: "fetched_" + digest.hex.prefix(40),
            account: context.account,
            livemode: context.livemode,
            apiVersion: context.apiVersion,
            now: observedAt
        )
        return try? IncomingEvent(parsing: body, receivedAt: context.now, source: .api)
    }
}
