/// Values that make a difference somewhere in an event.
package enum EventWords {
    package static let all: [String] =
        integers + constants + texts.map { "\"\($0)\"" } + ids.map { "\"\($0)\"" } + objects

    private static let integers = [
        "0", "1", "-1", "100", "2500", "2147483648", "9007199254740993", "9223372036854775807",
        "-9223372036854775808", "9223372036854775808", "1749999999", "1750000000", "1750000001",
        "253402300800",
        "1.5", "1e3", "1e400", "0.1e1",
    ]
    private static let constants = ["true", "false", "null", "{}", "[]", "[{}]", "\"\""]
    private static let texts = [
        // States of payments, refunds, disputes, sessions and invoices.
        "requires_payment_method", "requires_source", "requires_action", "processing", "requires_capture",
        "canceled", "succeeded", "failed", "pending", "lost", "won", "needs_response", "warning_closed",
        "prevented", "complete", "expired", "paid", "unpaid", "draft", "open", "void",
        "expired_uncaptured_charge",
        "payment_record", "out_of_band_payment",
        // Kinds and types.
        "payment_intent", "charge", "refund", "dispute", "checkout.session", "invoice", "invoice_payment",
        "customer", "event", "v2.core.event", "charge.succeeded", "charge.failed", "charge.refunded",
        "charge.dispute.created", "charge.refund.updated", "refund.created", "payment_intent.succeeded",
        "payment_intent.payment_failed", "checkout.session.completed", "invoice.paid", "invoice_payment.paid",
        "customer.updated", "customer.deleted", "invoice.upcoming",
        "radar.early_fraud_warning", "radar.early_fraud_warning.created", "review", "review.closed",
        // Currencies, versions and instruments.
        "usd", "JPY", "kwd", "isk", "eur", "2018-02-28", "2025-03-31.basil", "2026-09-30.endive", "card",
        "us_bank_account", "type", "source", "bank_account", "American Express", "diners club", "apple_pay",
        "4242",
        // Text that is awkward somewhere.
        "\\u0000", "a\\u0000b", "\\ud83d\\ude00", "\\ud800", "İ", "é", "e\\u0301", "=1+1", "'", "\\\"", "\\n",
        "\\u202e",
        "https://pay.stripe.com/receipts/x",
    ]
    private static let ids = [
        "pi_1", "ch_1", "ch_2", "re_1", "re_2", "dp_1", "cs_1", "in_1", "inpay_1", "cus_1", "acct_1",
        "issfr_1", "prv_1",
    ]
    private static let objects = [
        #"{"id":"pi_1","object":"payment_intent","amount":100,"currency":"usd","created":1750000000,"status":"succeeded"}"#,
        #"{"id":"ch_1","object":"charge","amount":100,"currency":"usd","created":1750000000,"status":"succeeded","payment_intent":"pi_1"}"#,
        #"{"id":"re_1","object":"refund","amount":40,"currency":"usd","created":1750000001,"status":"succeeded","charge":"ch_1"}"#,
        #"{"data":[{"id":"re_2","amount":60,"currency":"usd","created":1750000002,"charge":"ch_1"}]}"#,
        #"{"id":"dp_1","object":"dispute","amount":100,"currency":"usd","created":1750000003,"status":"lost","charge":"ch_1"}"#,
        #"{"id":"in_1","object":"invoice","amount_paid":100,"currency":"usd","created":1750000000,"status":"paid"}"#,
        #"{"id":"cus_1","object":"customer","deleted":true}"#,
        #"{"type":"card","card":{"brand":"visa","last4":"4242"}}"#,
        #"{"code":"card_declined","charge":"ch_2"}"#,
    ]
}
