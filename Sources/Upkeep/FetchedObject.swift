package import Billing
import FoundationEssentials

/// An object asked of Stripe's API, made into an event so that it enters by the one way there is: the log.
package enum FetchedObject {
    /// The body of an event that shows an object, whose bytes are kept as they came.
    ///
    /// - Parameters:
    ///   - reference: What was asked for.
    ///   - object: Stripe's answer.
    ///   - id: An id that no other event has.
    ///   - account: The connected account that was asked on behalf of.
    ///   - livemode: The mode of an object that does not say its own, such as a refund.
    ///   - apiVersion: The version the answer was rendered in.
    ///   - now: When Stripe answered.
    /// - Returns: JSON.
    package static func eventBody(
        showing reference: ObjectReference,
        object: [UInt8],
        id: String,
        account: String?,
        livemode: Bool,
        apiVersion: String,
        now: Instant
    ) -> [UInt8] {
        let shown = (try? JSONDecoder().decode(Mode.self, from: Data(object)))?.livemode ?? livemode
        // An id may hold any visible character, quotes among them.
        let accountField = account.flatMap(quoted).map { #""account":\#($0),"# } ?? ""
        let head =
            #"{"id":"\#(id)","object":"event","api_version":"\#(apiVersion)",\#(accountField)"#
            + #""created":\#(now.unixSeconds),"livemode":\#(shown),"#
            + #""type":"\#(reference.kind.rawValue).fetched","data":{"object":"#
        return Array(head.utf8) + object + Array("}}".utf8)
    }

    static func quoted(_ text: String) -> String? {
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) }
    }

    private struct Mode: Decodable { let livemode: Bool? }
}
