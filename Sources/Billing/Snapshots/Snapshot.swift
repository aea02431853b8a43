import JSON

/// One object as one event showed it, with fields of earlier events that this event's API version lacks.
///
/// Snapshots of an object are totally ordered. A final state wins, then the later event, then the object's
/// progress, then the API version, and then the content, so that the order of arrival never matters.
package final class Snapshot: Sendable {
    /// The object; each field is from the latest snapshot that can contain the field.
    package let object: StripeObject
    /// When the event that showed the object was created (`Event.created`).
    package let observedAt: Instant
    package let livemode: Bool
    package let apiVersion: String?
    /// The object as its own event showed it: JSON with sorted keys.
    package let encoded: [UInt8]
    /// Earlier snapshots that are still the latest with some ``VersionedField``.
    ///
    /// Almost always empty.
    let earlier: [Snapshot]

    private let version: APIVersion?
    /// The versioned fields that the event itself contained.
    private let said: VersionedFields

    package var isFinal: Bool { object.value.isFinal }

    package init(
        object: StripeObject,
        observedAt: Instant,
        livemode: Bool,
        apiVersion: String?,
        encoded: [UInt8]
    ) {
        self.object = object
        self.observedAt = observedAt
        self.livemode = livemode
        self.apiVersion = apiVersion
        self.encoded = encoded
        earlier = []
        version = apiVersion.flatMap { APIVersion($0) }
        said = object.value.stated.union(.expressible(of: object.kind, by: version))
    }

    private init(_ latest: Snapshot, with earlier: [Snapshot], object: StripeObject) {
        self.object = object
        self.earlier = earlier
        observedAt = latest.observedAt
        livemode = latest.livemode
        apiVersion = latest.apiVersion
        encoded = latest.encoded
        version = latest.version
        said = latest.said
    }
}

extension Snapshot {
    /// The union of both: each field is from the latest snapshot that can contain it.
    ///
    /// Commutative, associative and idempotent.
    func merging(_ other: Snapshot) -> Snapshot {
        let (latest, before) = self < other ? (other, self) : (self, other)
        if earlier.isEmpty, other.earlier.isEmpty, before.said.isSubset(of: latest.said) { return latest }
        return Snapshot.merge([self, other] + earlier + other.earlier)
    }

    private static func merge(_ all: [Snapshot]) -> Snapshot {
        let sorted = all.sorted(by: >)
        let latest = sorted[0]
        var open = VersionedFields.of(latest.object.kind).subtracting(latest.said)
        var carried: [(snapshot: Snapshot, fields: VersionedFields)] = []
        for snapshot in sorted.dropFirst() {
            let fields = open.intersection(snapshot.said)
            guard !fields.isEmpty else { continue }
            open.subtract(fields)
            carried.append((snapshot, fields))
        }
        guard !carried.isEmpty else { return latest.alone }
        let object = SnapshotCoding.merged(latest.encoded, carried.map { ($0.snapshot.encoded, $0.fields) })
        return Snapshot(latest, with: carried.map(\.snapshot.alone), object: object ?? latest.alone.object)
    }

    /// The snapshot with the content of its own event only.
    private var alone: Snapshot {
        guard !earlier.isEmpty, let own = try? SnapshotCoding.decode(encoded) else { return self }
        return Snapshot(
            object: own,
            observedAt: observedAt,
            livemode: livemode,
            apiVersion: apiVersion,
            encoded: encoded
        )
    }

    /// Whether `other` is known to be the later state, and does not merely follow in the total order.
    func isBefore(_ other: Snapshot) -> Bool {
        if isFinal != other.isFinal { return other.isFinal }
        if observedAt != other.observedAt { return observedAt < other.observedAt }
        let (mine, theirs) = (object.value.progress, other.object.value.progress)
        if mine != theirs { return mine.lexicographicallyPrecedes(theirs) }
        // The same event, sent to two endpoints with different API versions: the newer version has more
        // fields.
        guard version != other.version else { return false }
        guard let version else { return true }
        return other.version.map { version < $0 } ?? false
    }

    /// Whether both show the object in the same state.
    func hasSameState(as other: Snapshot) -> Bool {
        encoded == other.encoded
            || SnapshotCoding.encode(object) == SnapshotCoding.encode(other.object)
    }
}

extension Snapshot: Comparable {
    package static func == (left: Snapshot, right: Snapshot) -> Bool {
        !(left < right) && !(right < left) && left.earlier == right.earlier
    }

    package static func < (left: Snapshot, right: Snapshot) -> Bool {
        if left.isBefore(right) { return true }
        if right.isBefore(left) { return false }
        if left.encoded != right.encoded { return left.encoded.lexicographicallyPrecedes(right.encoded) }
        if left.livemode != right.livemode { return right.livemode }
        // `nil` sorts before any version, even an empty one.
        return (left.apiVersion.map { "v" + $0 } ?? "") < (right.apiVersion.map { "v" + $0 } ?? "")
    }
}

// MARK: As stored

extension Snapshot {
    /// The stored form; ``observedAt``, ``livemode`` and ``apiVersion`` have columns of their own.
    package var stored: [UInt8] {
        guard !earlier.isEmpty else { return encoded }
        return JSONWriter.object { json in
            json.array("earlier", earlier) { json, part in
                json.member("api_version", part.apiVersion)
                json.member("livemode", part.livemode)
                json.member("shown_at", part.observedAt.unixSeconds)
                json.verbatim("snapshot", part.encoded)
            }
            json.verbatim("latest", encoded)
        }
    }

    /// Decodes ``stored``.
    package convenience init(
        stored: UnsafeBufferPointer<UInt8>,
        observedAt: Instant,
        livemode: Bool,
        apiVersion: String?
    ) throws {
        let merged = try JSONValue.read(stored) { json throws -> Snapshot? in
            guard let latest = json["latest"] else { return nil }
            var parts = [
                try Snapshot(latest, observedAt: observedAt, livemode: livemode, apiVersion: apiVersion)
            ]
            for part in json["earlier"]?.elements ?? [] {
                parts.append(
                    try Snapshot(
                        try part.required("snapshot"),
                        observedAt: try part.requiredInstant("shown_at"),
                        livemode: try part.requiredBool("livemode"),
                        apiVersion: part.string("api_version")
                    )
                )
            }
            return Snapshot.merge(parts)
        }
        if let merged {
            self.init(merged, with: merged.earlier, object: merged.object)
        } else {
            self.init(
                object: try SnapshotCoding.decode(stored),
                observedAt: observedAt,
                livemode: livemode,
                apiVersion: apiVersion,
                encoded: Array(stored)
            )
        }
    }

    private convenience init(
        _ json: JSONValue,
        observedAt: Instant,
        livemode: Bool,
        apiVersion: String?
    ) throws {
        self.init(
            object: try SnapshotCoding.object(json),
            observedAt: observedAt,
            livemode: livemode,
            apiVersion: apiVersion,
            encoded: json.raw
        )
    }
}
