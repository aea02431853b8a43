package import Billing
import FoundationEssentials

/// Wraps an object from Stripe's API in an event, so that it can be recorded like a webhook.
package enum FetchedObject {
    /// The body of an event that contains the object's bytes unchanged.
    ///
    /// - Parameters:
    ///   - reference: The requested object.
    ///   - object: The object's JSON from Stripe.
    ///   - id: The event's id; unique in the log.
    ///   - account: The connected account on whose behalf it was requested.
    ///   - livemode: The mode of an object without a `livemode` field, such as a refund.
    ///   - apiVersion: The API version of the object's JSON.
    ///   - now: The time of Stripe's response.
    /// - Returns: The event's JSON.
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
        // An account id may hold any visible character, including quotes, so it is JSON-encoded.
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
