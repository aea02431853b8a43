#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// How a snapshot and a record are kept: as JSON, of the fields that we read and no others.
package enum SnapshotCoding {
    /// The stored form of an object: equal objects give equal bytes.
    package static func encode(_ object: StripeObject) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Every field is a string, a bool or an integer, so that encoding cannot fail.
        return (try? encoder.encode(object)).map(Array.init) ?? []
    }

    package static func decode(_ bytes: some DataProtocol) throws -> StripeObject {
        try JSONDecoder().decode(StripeObject.self, from: Data(bytes))
    }
}
