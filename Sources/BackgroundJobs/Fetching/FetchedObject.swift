package import Billing
import JSON

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
        let shown = try? JSONValue.read(object) { $0.bool("livemode") }
        return JSONWriter.object { json in
            json.member("account", account)
            json.member("api_version", apiVersion)
            json.member("created", now)
            json.object("data") { $0.verbatim("object", object) }
            json.member("id", id)
            json.member("livemode", shown ?? livemode)
            json.member("object", "event")
            json.member("type", "\(reference.kind.rawValue).fetched")
        }
    }
}
