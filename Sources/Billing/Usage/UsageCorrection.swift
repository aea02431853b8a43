package import JSON

/// An entry that corrects the cost of a day, which may be final: the day itself is never rewritten.
package struct UsageCorrection: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case customer(String)
        /// An address on chain; its customer on the day sees the entry.
        case owner(String)
    }

    /// Chosen by the caller, so that a repeated request corrects only once.
    package let id: String
    package let subject: Subject
    package let date: CalendarDate
    /// In dollars; negative if too much was counted.
    package let amount: ExactAmount
    /// `nil` after the customer's data were erased.
    package let reason: String?

    package init(id: String, subject: Subject, date: CalendarDate, amount: ExactAmount, reason: String?) {
        self.id = id
        self.subject = subject
        self.date = date
        self.amount = amount
        self.reason = reason
    }

    package var customer: String? { if case .customer(let customer) = subject { customer } else { nil } }
    package var owner: String? { if case .owner(let owner) = subject { owner } else { nil } }

    /// The entry without its text, which may name a person.
    package var withoutReason: UsageCorrection {
        UsageCorrection(id: id, subject: subject, date: date, amount: amount, reason: nil)
    }

    /// Whether both are the same entry; an erased one has lost its reason.
    package func corrects(theSameAs other: UsageCorrection) -> Bool {
        self == other || reason == nil && self == other.withoutReason
    }
}

extension UsageCorrection {
    /// Reads `{"id","customer" or "owner","date","amount","reason"}`; the amount is a decimal number of dollars as text.
    package init(_ json: JSONValue) throws(JSONFieldError) {
        try json.refuseMembers(otherThan: ["id", "customer", "owner", "date", "amount", "reason"])
        id = try json.identity("id")
        switch (json["customer"], json["owner"]) {
        case (_?, nil): subject = .customer(try json.identity("customer"))
        case (nil, _?): subject = .owner(try json.chainName("owner"))
        case (nil, nil): throw .missing("customer", in: json)
        case (_?, let owner?): throw .wrong(owner, "stands beside a customer: name one of them")
        }
        date = try json.requiredDate("date")
        let value = try json.required("amount")
        guard let amount = value.string.flatMap(ExactAmount.init(dollars:)), amount != .zero else {
            throw .wrong(
                value,
                "is not a decimal number as text, such as \"-1.25\", below 10^9, of at most 18 decimals and other than 0"
            )
        }
        self.amount = amount
        guard let reason = try json.label("reason") else { throw .missing("reason", in: json) }
        self.reason = reason
    }
}
