#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A page of one of Stripe's lists, newest first.
///
/// Its description leaves out the objects, which are customers' payments.
package struct StripePage: Sendable, CustomStringConvertible, CustomReflectable {
    /// Each object's JSON, byte for byte as received.
    package let objects: [[UInt8]]
    /// The objects' ids in the same order: each 1 to 255 bytes of visible ASCII, without duplicates.
    package let ids: [String]
    /// Whether more objects follow in the requested direction.
    package let hasMore: Bool
    /// The next page in that direction; nil after the last page.
    ///
    /// With `ending_before` this leads to newer objects. A page that is not full is then the newest for now,
    /// and its first id is the cursor to continue from later.
    package let next: StripePaging?
    /// The time of the response by Stripe's clock, in Unix seconds.
    package let date: Int64?
    /// Stripe's id of the request.
    package let requestID: String?

    package var description: String { "\(ids.count) objects\(hasMore ? " and more" : "")" }
    package var customMirror: Mirror { Mirror(self, children: ["ids": ids, "hasMore": hasMore]) }

    init(_ answer: StripeAnswer, kind: String, paging: StripePaging) throws(StripeAPIError) {
        let notAList = StripeAPIError.notAList(requestID: answer.requestID)
        // Decoding validates the whole body, so the scanner gets valid JSON.
        guard answer.bytes.isJSONObjectInUTF8, String(validating: answer.bytes, as: UTF8.self) != nil,
            let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(answer.bytes)),
            envelope.object == "list", let elements = ListScanner.elements(of: "data", in: answer.bytes)
        else { throw notAList }

        var ids: [String] = []
        var seen = Set([paging.cursorID].compactMap(\.self))
        for element in elements {
            guard let identity = ObjectIdentity(element), identity.id.isObjectID else { throw notAList }
            guard identity.object == kind else { throw .wrongObject(requestID: answer.requestID) }
            // A page that repeats an object would cause endless paging.
            guard seen.insert(identity.id).inserted else { throw notAList }
            ids.append(identity.id)
        }
        guard !envelope.hasMore || !ids.isEmpty else { throw notAList }

        objects = elements
        self.ids = ids
        hasMore = envelope.hasMore
        date = answer.date
        requestID = answer.requestID
        next = envelope.hasMore ? Self.next(ids, paging) : nil
    }

    private static func next(_ ids: [String], _ paging: StripePaging) -> StripePaging? {
        let cursor: StripePaging.Cursor? =
            if case .endingBefore = paging.cursor {
                ids.first.map { .endingBefore($0) }
            } else {
                ids.last.map { .startingAfter($0) }
            }
        return cursor.map { StripePaging($0, limit: paging.limit) }
    }

    private struct Envelope: Decodable {
        let object: String
        let hasMore: Bool

        enum CodingKeys: String, CodingKey {
            case object
            case hasMore = "has_more"
        }
    }
}
