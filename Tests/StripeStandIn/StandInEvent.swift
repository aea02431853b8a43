/// An event in the stand-in: its unchanged text, and its fields.
struct StandInEvent {
    var entry: Shelf.Entry
    let type: String
    let account: String?
    /// Nil where it carries none with an id of its own, as `invoice.upcoming`.
    let object: JSON?

    var created: Int64 { entry.created }
    var livemode: Bool? { entry.livemode }
    /// Whether its object is gone with it; of a customer it stays known that there was one.
    var isDeletion: Bool { type == "customer.deleted" || type == "invoice.deleted" }

    /// Nil for a text that is no event with an id, a type and a time.
    init?(_ json: JSON, text: [UInt8], isDelivered: Bool) {
        guard json["object"]?.string == "event", let id = json["id"]?.string,
            let type = json["type"]?.string, let created = json["created"]?.integer
        else { return nil }
        entry = Shelf.Entry(
            id: id,
            object: json,
            text: text,
            asOf: created,
            livemode: json["livemode"]?.bool
        )
        entry.isDelivered = isDelivered
        self.type = type
        account = json["account"]?.string
        let object = json["data"]?["object"]
        self.object = object?["id"]?.string != nil && object?["object"]?.string != nil ? object : nil
    }
}
