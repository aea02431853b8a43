import Billing
import Dispatch
import Foundation
import Fuzzing
import HTTPClient
import StripeAPI
import Synchronization
import BackgroundJobs

/// An answer of Stripe's API, or of a host that answers in its place.
///
/// The input is `<kind> <id>`, `<status>`, headers, an empty line and the body. Laws: an object that was got is
/// the one that was asked for, also when it enters the log; an error says nothing that was in the answer but
/// Stripe's own words; a receipt is at a host of the list; and a wait is bounded.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStripeAnswer(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let script = Script(input(start, size))
    let finished = DispatchSemaphore(value: 0)
    Task.detached {
        await check(script)
        finished.signal()
    }
    finished.wait()
    return 0
}

private func check(_ script: Script) async {
    guard let key = StripeSecretKey("sk_test_fuzz") else { fatalError("this is a key") }
    let client = StripeClient(transport: script, key: key)
    do {
        let object: [UInt8] =
            switch script.kind {
            case .invoice: try await client.invoice(script.id)
            case .paymentIntent: try await client.paymentIntent(script.id)
            default: try await client.charge(script.id)
            }
        checkObject(object, script)
    } catch {
        checkError(error)
    }
    await checkReceipt(client, script)
}

private func checkObject(_ object: [UInt8], _ script: Script) {
    require(object == script.response.body, "an object is given byte for byte")
    require(200...299 ~= script.response.status, "only a success is one")
    let asked = ObjectReference(script.kind, script.id)
    let body = FetchedObject.eventBody(
        showing: asked,
        object: object,
        id: "fetched_1",
        account: "acct_\"1",
        livemode: false,
        apiVersion: "2026-03-25.dahlia",
        now: Instant(unixSeconds: 1_750_000_000)
    )
    // Input nested as deep as the parser allows cannot be wrapped: it is skipped.
    guard let event = try? Event(parsing: body) else { return }
    require(event.id == "fetched_1" && event.account == "acct_\"1", "the envelope is ours")
    require(event.type == "\(script.kind.rawValue).fetched", "the type is ours")
    if case .snapshot(let shown) = event.content {
        require(shown.reference == asked, "what enters the log is what was asked for")
    }
}

private func checkError(_ error: StripeAPIError) {
    let text = "\(error)"
    require(text.utf8.count <= 400, "an error is short")
    require(
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: " _-.,:()'".utf8.contains(byte)
            }
        },
        "an error is safe in a log: \(text)"
    )
    for attempt in [1, 5, 12, 60, Int.max] {
        for random in [0, 0.5, 0.999_999_999] {
            switch RetrySchedule(maxAttempts: 100).decision(
                afterAttempt: attempt,
                error: error,
                random: random
            ) {
            case .giveUp: break
            case .retry(let seconds): require(1...3600 ~= seconds, "a wait is bounded: \(seconds)")
            }
        }
    }
}

private func checkReceipt(_ client: StripeClient, _ script: Script) async {
    let fetcher = ReceiptFetcher(stripe: client, hosts: .stripe, clock: { Instant(unixSeconds: 0) })
    let object = ObjectReference(script.kind, script.id)
    for invoice in [nil, script.id] {
        let target = ReceiptTarget(object: object, invoice: invoice, account: nil)
        do {
            let link = try await fetcher.freshURL(for: target)
            require(
                link.text.hasPrefix("https://pay.stripe.com")
                    || link.text.hasPrefix("https://invoice.stripe.com"),
                "a receipt is at Stripe"
            )
        } catch {
            require(
                "\(error)".utf8.allSatisfy { 0x20...0x7E ~= $0 },
                "why there is no receipt is safe in a log"
            )
        }
    }
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateStripeAnswer(
    _ buffer: UnsafeMutablePointer<UInt8>,
    _ size: Int,
    _ maxSize: Int,
    _ seed: UInt32
) -> Int {
    JSONMutator.mutate(
        buffer,
        size: size,
        maxSize: maxSize,
        seed: seed,
        words: EventWords.all,
        byBytes: libFuzzerMutate
    )
}

@_silgen_name("LLVMFuzzerMutate")
func libFuzzerMutate(_ buffer: UnsafeMutablePointer<UInt8>, _ size: Int, _ maxSize: Int) -> Int
