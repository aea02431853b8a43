/// The tables that are derived from the log.
extension StoreTable {
    package static let objects = StoreTable(
        "objects",
        ["account", "kind", "id"],
        [
            Column("account", .text),
            Column("kind", .text),
            Column("id", .text),
            // The objects of one payment share this number; it means nothing else.
            Column("payment", .payment),
            // NULL while the object is known only because another one names it.
            Column("snapshot", .bytes, orNull: true),
            // The size before compression; a snapshot of this size is not compressed.
            Column("snapshot_size", .integer, orNull: true),
            Column("shown_at", .integer, orNull: true),
            Column("livemode", .flag, orNull: true),
            Column("api_version", .text, orNull: true),
            Column("links", .text),
            // Whether events showed the object in two states, neither of which can be identified as the later.
            Column("undecided", .flag, initial: "FALSE"),
        ],
        indexes: [Index("by_payment", "payment")]
    )

    package static let transactions = StoreTable(
        "transactions",
        by: .sortedKey,
        ["id"],
        [
            Column("id", .text),
            Column("payment", .payment),
            Column("type", .text),
            Column("status", .text),
            Column("currency", .text),
            // The three columns before as one number; see `Facet`.
            Column("facet", .integer),
            Column("created", .integer),
            // The account of the customer, because each connected account has customer ids of its own.
            Column("account", .text),
            Column("customer", .text, orNull: true),
            Column("livemode", .flag),
            Column("amount", .integer),
            Column("amount_refunded", .integer),
            Column("amount_gone", .integer),
            Column("description", .text, orNull: true),
            Column("payment_intent", .text, orNull: true),
            Column("charge", .text, orNull: true),
            Column("invoice", .text, orNull: true),
            Column("refund", .text, orNull: true),
            Column("dispute", .text, orNull: true),
            Column("disputed", .flag),
            Column("failure_code", .text, orNull: true),
            Column("failure_decline_code", .text, orNull: true),
            Column("failure_message", .text, orNull: true),
            Column("payment_method_type", .text, orNull: true),
            Column("payment_method_brand", .text, orNull: true),
            Column("payment_method_last4", .text, orNull: true),
            Column("payment_method_label", .text, orNull: true),
            Column("presentment_amount", .integer, orNull: true),
            Column("presentment_currency", .text, orNull: true),
            Column("has_receipt", .flag),
            Column("receipt_number", .text, orNull: true),
            Column("next_action_type", .text, orNull: true),
            Column("next_action_url", .text, orNull: true),
            Column("reference", .text, orNull: true),
            Column("refund_reason", .text, orNull: true),
            // For a purchase: NULL if it was paid at once.
            Column("succeeded_at", .integer, orNull: true),
            Column("bonus", .integer, initial: "0"),
            Column("credit_kind", .text, orNull: true),
        ],
        indexes: [
            Index("by_customer", "account, customer, facet, created, id", where: "customer IS NOT NULL"),
            Index("by_facet", "facet, created, id"),
            Index("by_payment", "payment"),
        ]
    )

    static let customers = StoreTable(
        "customers",
        ["account", "id"],
        [Column("account", .text), Column("id", .text), Column("console_user", .text, orNull: true)],
        indexes: [Index("by_user", "console_user", where: "console_user IS NOT NULL")]
    )
}
