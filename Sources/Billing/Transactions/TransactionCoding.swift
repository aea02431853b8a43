import JSON

/// The stored form of a row of the feed: JSON.
package enum TransactionCoding {
    /// Encodes a row; equal rows give equal bytes.
    package static func encode(_ row: Transaction) -> [UInt8] {
        JSONWriter.object { row.write(to: &$0) }
    }

    package static func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws -> Transaction {
        try JSONValue.read(bytes) { try Transaction($0) }
    }
}

extension Transaction {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("account", account)
        json.member("amount", amount)
        json.member("amount_gone", amountGone > 0 ? amountGone : nil)
        json.member("amount_refunded", amountRefunded)
        json.member("charge", charge)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("customer", customer)
        json.member("description", description)
        json.member("dispute", dispute)
        json.member("disputed", disputed)
        if let failure {
            json.object("failure") { json in
                json.member("code", failure.code)
                json.member("decline_code", failure.declineCode)
                json.member("message", failure.message)
            }
        }
        json.member("id", id)
        json.member("invoice", invoice)
        json.member("livemode", livemode)
        if let nextAction { json.object("next_action") { nextAction.write(to: &$0) } }
        json.member("payment_intent", paymentIntent)
        if let paymentMethod {
            json.object("payment_method") { json in
                json.member("brand", paymentMethod.brand)
                json.member("label", paymentMethod.label)
                json.member("last4", paymentMethod.last4)
                json.member("type", paymentMethod.type)
            }
        }
        if let presentment { json.object("presentment_details") { presentment.write(to: &$0) } }
        json.object("receipt") { json in
            json.member("available", receipt.available)
            json.member("number", receipt.number)
        }
        json.member("reference", reference)
        json.member("refund", refund)
        json.member("status", status)
        json.member("type", type.rawValue)
    }

    fileprivate init(_ json: JSONValue) throws(JSONFieldError) {
        let typeName = try json.required("type")
        guard let type = typeName.string.flatMap(Kind.init) else {
            throw .wrong(typeName, "is not a type of transaction")
        }
        let failure = json["failure"].map { failure in
            Failure(
                code: failure.string("code"),
                declineCode: failure.string("decline_code"),
                message: failure.string("message")
            )
        }
        let receipt = try json.required("receipt")
        self.init(
            id: try json.requiredString("id"),
            type: type,
            status: try json.requiredString("status"),
            amount: try json.requiredTotal("amount"),
            amountRefunded: try json.requiredTotal("amount_refunded"),
            currency: try json.requiredCurrency("currency"),
            created: Instant(unixSeconds: try json.requiredInteger("created")),
            customer: json.string("customer"),
            description: json.string("description"),
            paymentMethod: try PaymentMethod(stored: json["payment_method"]),
            paymentIntent: json.string("payment_intent"),
            charge: json.string("charge"),
            invoice: json.string("invoice"),
            refund: json.string("refund"),
            dispute: json.string("dispute"),
            failure: failure,
            disputed: try json.requiredBool("disputed"),
            livemode: try json.requiredBool("livemode"),
            account: json.string("account"),
            receipt: Receipt(
                available: try receipt.requiredBool("available"),
                number: receipt.string("number")
            ),
            presentment: try? Presentment(json["presentment_details"]),
            nextAction: json["next_action"].flatMap(NextAction.init),
            reference: json.string("reference"),
            amountGone: json["amount_gone"] == nil ? 0 : try json.requiredTotal("amount_gone")
        )
    }
}

/// Reads numbers without the limits for Stripe's JSON.
///
/// Sums may exceed the largest single amount, and rows of earlier versions must stay readable.
extension JSONValue {
    fileprivate func requiredInteger(_ key: StaticString) throws(JSONFieldError) -> Int64 {
        let value = try required(key)
        guard let integer = value.integer else { throw .wrong(value, "is not a whole number") }
        return integer
    }

    fileprivate func requiredTotal(_ key: StaticString) throws(JSONFieldError) -> Int64 {
        max(0, try requiredInteger(key))
    }
}

extension PaymentMethod {
    fileprivate init?(stored json: JSONValue?) throws(JSONFieldError) {
        guard let json else { return nil }
        self.init(
            type: try json.requiredString("type"),
            brand: json.string("brand"),
            last4: json.string("last4"),
            label: try json.requiredString("label")
        )
    }
}
