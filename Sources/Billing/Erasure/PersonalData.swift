import JSON

/// Removes a customer's personal data from an object, and keeps the data that accounting needs.
///
/// Amounts, currencies, dates, ids, states, and the numbers of receipts and invoices are kept. So are the
/// type of a payment method and the network of a card. Free texts, links, the last digits of cards and bank
/// accounts, bank names and the user of Console are removed.
package enum PersonalData {
    /// The object without its customer's personal data; unchanged if it has none.
    package static func erased(from object: StripeObject) -> StripeObject? {
        let kept = SnapshotCoding.encode(object).withUnsafeBufferPointer { bytes in
            try? JSONValue.read(bytes) { json in
                var kept: [UInt8] = []
                write(json, to: &kept)
                return kept
            }
        }
        return kept?.withUnsafeBufferPointer { try? SnapshotCoding.decode($0) }
    }

    /// The members that are kept, in any object.
    ///
    /// A field that the code reads in future is removed unless this list names it.
    package static let keptNames: Set<String> = [
        "actionable",
        "amount", "amount_captured", "amount_paid", "amount_paid_off_stripe", "amount_received",
        "amount_refunded", "amount_total", "at", "balance_transaction", "captured", "card_validation",
        "charge", "created", "currency", "customer", "deleted", "dispute",
        "disputed", "due_by", "gone", "id", "invoice", "kind", "last_payment_error", "latest_charge",
        "livemode",
        "mode",
        "movements", "number",
        "open",
        "paid", "paid_out_of_band", "payment", "payment_intent", "payment_method", "payment_method_details",
        "payment_status", "presentment_amount", "presentment_currency", "presentment_details",
        "receipt_number", "refunded", "status", "submissions", "told_captured", "told_expired", "told_failed",
        "told_succeeded",
        "total_discount_amounts", "type", "value",
    ]

    /// Members with codes of Stripe, which are kept if the value has the form of a code.
    package static let wordNames: Set<String> = [
        "closed_reason", "code", "decline_code", "failure_code", "failure_reason", "fraud_type",
        "opened_reason", "pending_reason", "reason",
    ]

    private static let networks: Set<String> = [
        "amex", "cartes_bancaires", "diners", "discover", "eftpos_au", "interac", "jcb", "link", "mastercard",
        "unionpay", "visa",
    ]

    private static func write(_ json: JSONValue, to bytes: inout [UInt8]) {
        if let members = json.members {
            bytes.append(UInt8(ascii: "{"))
            for (name, value) in members where keeps(name, value, instrument: json["type"]?.string) {
                if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
                bytes += JSONWriter.bytes(of: name)
                bytes.append(UInt8(ascii: ":"))
                write(value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        } else if let elements = json.elements {
            bytes.append(UInt8(ascii: "["))
            for element in elements {
                if bytes.last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
                write(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        } else if let text = json.string {
            bytes += JSONWriter.bytes(of: text)
        } else {
            bytes += json.spelling.utf8
        }
    }

    private static func keeps(_ name: String, _ value: JSONValue, instrument: String?) -> Bool {
        if keptNames.contains(name) { return true }
        if wordNames.contains(name) { return value.string.map(isWord) ?? false }
        // The details of a payment method are under the name of its type.
        if name == "brand" { return value.string.map(networks.contains) ?? false }
        return name == instrument && value.isObject
    }

    private static func isWord(_ text: String) -> Bool {
        1...64 ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || byte == UInt8(ascii: "_")
            }
    }
}

extension StripeObject {
    /// The customer that the object names; `nil` if it names none.
    package var customer: String? {
        switch self {
        case .paymentIntent(let value): value.customer?.id
        case .charge(let value): value.customer?.id
        case .refund(let value): value.customer?.id
        case .checkoutSession(let value): value.customer?.id
        case .invoice(let value): value.customer?.id
        case .customer(let value): value.id
        case .credit(let value): value.customer
        case .dispute, .invoicePayment, .earlyFraudWarning, .review: nil
        }
    }
}

extension Event {
    /// The event without personal data: its envelope, and its objects without theirs.
    package var erased: Event {
        let content: Content =
            switch self.content {
            case .snapshot, .restored:
                .restored(
                    shown.compactMap { shown in
                        PersonalData.erased(from: shown.object).map { ObservedObject($0, links: shown.links) }
                    }
                )
            case .thin, .other, .unreadable: self.content
            }
        return Event(
            id: id,
            type: type,
            created: created,
            livemode: livemode,
            account: account,
            apiVersion: apiVersion,
            content: content
        )
    }
}
