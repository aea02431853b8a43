package import Billing

extension Transaction {
    /// The row as `feed.json` has it: the API's shape, without the signed link.
    package var feedJSON: JSONText {
        get throws {
            func orNull(_ value: Any?) -> Any { value ?? JSONNull.value }
            var row: [String: Any] =
                [
                    "bonus": bonus, "id": id, "object": "transaction", "type": type.rawValue,
                    "status": status,
                    "amount": amount,
                    "amount_refunded": amountRefunded, "currency": currency.code,
                    "amount_display": money.display,
                    "created": created.unixSeconds, "customer": orNull(customer),
                    "description": orNull(description),
                    "payment_method": paymentMethod.map {
                        [
                            "type": $0.type, "brand": orNull($0.brand), "last4": orNull($0.last4),
                            "label": $0.label,
                        ]
                            as [String: Any]
                    } ?? JSONNull.value,
                    "payment_intent": orNull(paymentIntent), "charge": orNull(charge),
                    "invoice": orNull(invoice),
                    "refund": orNull(refund), "dispute": orNull(dispute),
                    "failure": failure.map {
                        [
                            "code": orNull($0.code), "decline_code": orNull($0.declineCode),
                            "message": orNull($0.message),
                        ] as [String: Any]
                    } ?? JSONNull.value,
                    "disputed": disputed, "livemode": livemode, "account": orNull(account),
                    "presentment": orNull(presentmentJSON), "next_action": orNull(nextActionJSON),
                    "reference": orNull(reference),
                    "receipt": ["available": receipt.available, "number": orNull(receipt.number)]
                        as [String: Any],
                ]
            row["kind"] = creditKind?.rawValue
            row["succeeded_at"] = succeededAt?.unixSeconds
            return try JSONText(row)
        }
    }

    private var presentmentJSON: [String: Any]? {
        presentment.map { presentment in
            let money = presentment.money
            return [
                "amount": money.minorUnits, "currency": money.currency.code, "amount_display": money.display,
            ]
        }
    }

    private var nextActionJSON: [String: String]? {
        nextAction.map { action in
            var members = ["type": action.type]
            members["url"] = action.url
            return members
        }
    }
}
