import Billing
import Foundation
import TestSupport
import Testing

/// Every body of `testdata/events` is read as its name says.
struct EventFileTests {
    struct EventFile: Sendable, CustomTestStringConvertible {
        let name: String

        var testDescription: String { name }
        var bytes: [UInt8] { get throws { try Testdata.bytes("events/\(name)") } }
        /// Why it is to be quarantined, if it is.
        var fault: String? {
            name.firstRange(of: ".quarantine-").map { String(name[$0.upperBound...].dropLast(5)) }
        }

        static let all: [EventFile] = {
            let folder = Testdata.url("events").path
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasSuffix(".json") }.sorted().map(EventFile.init)
        }()
    }

    private struct Body: Decodable {
        struct Content: Decodable { let object: Named? }
        struct Named: Decodable {
            let id: String?
            let object: String?
        }
        let id: String
        let type: String
        let object: String?
        let data: Content?
        let related_object: Named?
    }

    private static let wellFormed = EventFile.all.filter { $0.fault == nil }
    private static let faulty = EventFile.all.filter { $0.fault != nil }

    @Test func `there are the bodies that there should be`() {
        #expect(Self.wellFormed.count >= 100)
        #expect(Self.faulty.count >= 10)
    }

    @Test func `the types we say we project are those whose bodies we read`() throws {
        let read = try Self.wellFormed.compactMap { file in
            let event = try Event(parsing: file.bytes)
            guard case .snapshot = event.content else { return nil as String? }
            return event.type
        }
        #expect(Set(read) == Set(EventFamily.projectedTypes))
        #expect(EventFamily.projectedTypes == Set(read).sorted(), "sorted, and none twice")
    }

    @Test(arguments: wellFormed)
    func `a body is read as its name says`(file: EventFile) throws {
        let event = try Event(parsing: file.bytes)
        let body = try JSONDecoder().decode(Body.self, from: Data(file.bytes))
        #expect(file.name == "\(body.type).json" || file.name.hasPrefix("\(body.type)."))
        #expect(event.id == body.id)
        #expect(event.type == body.type)
        let isThin = body.object == "v2.core.event"
        switch event.content {
        case .snapshot(let object):
            #expect(!isThin)
            #expect(object.reference.kind == EventFamily.objectKind(of: body.type))
            #expect(object.reference.id == body.data?.object?.id)
            #expect(body.data?.object?.object.map { $0 == object.reference.kind.rawValue } ?? true)
        case .thin(let thin):
            #expect(isThin)
            #expect(body.type.hasPrefix("v1."))
            #expect(thin.object.id == body.related_object?.id)
        case .other:
            #expect(EventFamily.objectKind(of: body.type) == nil)
        case .unreadable(let reason, _):
            Issue.record("\(reason)")
        case .restored:
            Issue.record("it has a body")
        }
    }

    @Test(arguments: faulty)
    func `a faulty body is an event whose object cannot be read, and the reason names the fault`(
        file: EventFile
    ) throws {
        let reason = try #require(try Event(parsing: file.bytes).unreadableReason)
        let named = [
            "amount-as-string": "data.object.amount is not a", "amount-beyond-int64": "amount",
            "array-object": "data.object is not a", "fractional-amount": "amount",
            "id-not-ascii": "data.object.id", "id-too-long": "data.object.id", "negative-amount": "amount",
            "no-id": "data.object.id is missing", "no-object": "data.object is missing",
            "null-object": "data.object is null", "other-kind": "data.object is not a",
        ]
        let fault = try #require(file.fault)
        #expect(reason.contains(try #require(named[fault], "an unknown fault")), "\(reason)")
        #expect(!reason.contains(where: \.isNumber) || reason.contains("Int64"), "no value: \(reason)")
    }

    /// A stored object must keep every field that is read, or a row would change when it is read back.
    @Test(arguments: wellFormed)
    func `an object comes out of the store as it went in`(file: EventFile) throws {
        let records = try Event(parsing: file.bytes).records(receivedAt: Instant(unixSeconds: 5))
        let stored = try records.map { record in
            ObjectRecord(
                reference: record.reference,
                snapshot: try record.snapshot.map { snapshot in
                    let object = try snapshot.encoded.withUnsafeBufferPointer {
                        try SnapshotCoding.decode($0)
                    }
                    #expect(SnapshotCoding.encode(object) == snapshot.encoded)
                    return Snapshot(
                        object: object,
                        observedAt: snapshot.observedAt,
                        livemode: snapshot.livemode,
                        apiVersion: snapshot.apiVersion,
                        encoded: snapshot.encoded
                    )
                },
                links: record.links,
                isAmbiguous: record.isAmbiguous
            )
        }
        #expect(stored == records)
        let (live, again) = (PaymentGroup(records, account: nil), PaymentGroup(stored, account: nil))
        #expect(again.transactions == live.transactions)
        #expect(again.missing == live.missing)
    }
}
