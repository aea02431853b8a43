import Synchronization

/// The stand-in's objects, recorded requests, and faults.
final class StandInWorld: Sendable {
    private struct State {
        var catalog = ObjectCatalog()
        var baseURL = ""
        var fault = Fault.none
        /// How many requests the fault is still for; nil for all.
        var faultTimes: Int?
        /// How many requests go well before it begins.
        var faultAfter = 0
        var bucket: TokenBucket?
        var beforePage: (@Sendable (Int) -> Void)?
        var pages = 0
        var sentReceipts: [SentReceipt] = []
        var doneUnderKeys: [String: IdempotencyRecord] = [:]
        var keysInUse: Set<String> = []
        var minted = 0
        var requests: [RecordedRequest] = []
        var held: [CheckedContinuation<Void, Never>] = []
        var waitingForHeld: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isReleased = false
        var pauses: [Task<Void, Never>] = []
        var isStopping = false
    }

    let configuration: StripeStandIn.Configuration
    private let state = Mutex(State())

    init(_ configuration: StripeStandIn.Configuration) {
        self.configuration = configuration
        limit(configuration.rate)
    }

    var keys: [APIKey] { [APIKey(configuration.key)] + configuration.furtherKeys }

    func serves(at baseURL: String) { state.withLock { $0.baseURL = baseURL } }

    // MARK: Objects

    func put(_ object: JSON, account: String?) throws {
        guard object["id"]?.string != nil, object["object"]?.string != nil else {
            throw StandInError.notAnObject
        }
        // Later than any event, so that a test's objects stay.
        state.withLock { $0.catalog.put(object, account: account, asOf: .max) }
    }

    func remove(_ kind: String, id: String, account: String?) {
        state.withLock { $0.catalog.remove(kind, id: id, account: account) }
    }

    /// Takes an event and its object, or an object by itself; false for anything else.
    func take(_ value: JSON, text: [UInt8], isDelivered: Bool = false) -> Bool {
        if let event = StandInEvent(value, text: text, isDelivered: isDelivered) {
            state.withLock { $0.catalog.put(event) }
            return true
        }
        // An incomplete event, without an id or a type, may still carry a whole object.
        let isEvent = value["object"]?.string == "event" || (value["data"]?["object"] != nil)
        guard let object = isEvent ? value["data"]?["object"] : value, object["id"]?.string != nil,
            object["object"]?.string != nil
        else { return false }
        let asOf = (isEvent ? value["created"]?.integer : nil) ?? 0
        let account = (value["account"] ?? value["context"])?.string
        state.withLock { $0.catalog.put(object, account: account, asOf: asOf) }
        return true
    }

    func put(event json: JSON, text: [UInt8], isDelivered: Bool) throws {
        guard let event = StandInEvent(json, text: text, isDelivered: isDelivered) else {
            throw StandInError.notAnEvent
        }
        state.withLock { $0.catalog.put(event) }
    }

    func setDelivered(_ isDelivered: Bool, event id: String, account: String?) throws {
        try state.withLock { state in
            guard var entry = state.catalog.entry("event", id: id, account: account) else {
                throw StandInError.notAnEvent
            }
            entry.isDelivered = isDelivered
            state.catalog.put(entry, kind: "event", account: account)
        }
    }

    /// The object as a key sees it, or without a key; a deleted customer is shown as deleted.
    func entry(_ kind: String, id: String, account: String?, key: APIKey? = nil) -> Shelf.Entry? {
        let known = state.withLock { $0.catalog.entry(kind, id: id, account: account) }
        guard let known else { return madeUp(kind, id: id) }
        return sees(key, known, kind) && (!known.isDeleted || kind == "customer") ? known : nil
    }

    func object(_ kind: String, id: String, account: String?) -> JSON? {
        entry(kind, id: id, account: account)?.object
    }

    func account(_ account: String?) -> JSON {
        state.withLock { $0.catalog.only("account", account: account) }?.object
            ?? ["id": .string(account ?? StandInLinks.ownAccount), "object": "account"]
    }

    func page(
        _ resource: Resource,
        _ query: ListQuery,
        account: String?,
        key: APIKey
    ) throws(StripeErrorAnswer) -> (entries: [Shelf.Entry], hasMore: Bool) {
        let (number, beforePage) = state.withLock { state in
            state.pages += 1
            return (state.pages, state.beforePage)
        }
        beforePage?(number)
        if let cursor = query.cursor {
            let known = state.withLock { $0.catalog.entry(resource.object, id: cursor.id, account: account) }
            guard let known, sees(key, known, resource.object) else {
                throw .unknownCursor(cursor, resource)
            }
        }
        return state.withLock { state in
            state.catalog.page(
                resource.object,
                account: account,
                cursor: query.cursor,
                limit: query.limit,
                where: { sees(key, $0, resource.object) && query.matches($0) }
            )
        }
    }

    private func sees(_ key: APIKey?, _ entry: Shelf.Entry, _ kind: String) -> Bool {
        // Stripe forgets events.
        let isForgotten = kind == "event" && entry.created < configuration.now() - 30 * 86_400
        return !isForgotten && key?.sees(entry) ?? true
    }

    private func madeUp(_ kind: String, id: String) -> Shelf.Entry? {
        guard configuration.makesUpUnknown else { return nil }
        return MadeUpObjects.object(kind, id: id).map {
            Shelf.Entry(id: id, object: $0, asOf: 0, livemode: nil)
        }
    }

    // MARK: Receipts by e-mail

    var sentReceipts: [SentReceipt] { state.withLock { $0.sentReceipts } }

    /// Sets the address, and notes the e-mail for a charge that was paid.
    func email(_ charge: Shelf.Entry, to address: String, account: String?) -> JSON {
        var charge = charge
        charge.object["receipt_email"] = .string(address)
        return state.withLock { state in
            state.catalog.put(charge, kind: "charge", account: account)
            if charge.object["status"]?.string == "succeeded" {
                state.sentReceipts.append(SentReceipt(charge: charge.id, address: address, account: account))
            }
            return charge.object
        }
    }

    /// Does something once for an idempotency key, and answers the same whenever it is asked again.
    ///
    /// As at Stripe, refused requests are not stored.
    func once(
        _ idempotencyKey: String?,
        request: [String],
        _ body: () throws -> [UInt8]
    ) throws -> (answer: [UInt8], isReplay: Bool) {
        guard let idempotencyKey else { return (try body(), false) }
        let known = try state.withLock { state in
            if let known = state.doneUnderKeys[idempotencyKey] { return known as IdempotencyRecord? }
            guard state.keysInUse.insert(idempotencyKey).inserted else { throw StripeErrorAnswer.keyInUse }
            return nil
        }
        if let known {
            guard known.request == request else { throw StripeErrorAnswer.keyUsedForSomethingElse }
            return (known.answer, true)
        }
        defer { state.withLock { _ = $0.keysInUse.remove(idempotencyKey) } }
        let answer = try body()
        state.withLock {
            $0.doneUnderKeys[idempotencyKey] = IdempotencyRecord(request: request, answer: answer)
        }
        return (answer, false)
    }

    var objectCount: Int { state.withLock { $0.catalog.count } }

    func nextLinks() -> StandInLinks {
        state.withLock { state in
            state.minted += 1
            return StandInLinks(configuration.links, ownBase: state.baseURL, mint: state.minted)
        }
    }

    // MARK: Requests

    var requests: [RecordedRequest] { state.withLock { $0.requests } }

    /// Records a request, and returns its number and its fault.
    func record(_ request: RecordedRequest) -> (number: Int, fault: Fault) {
        state.withLock { state in
            state.requests.append(request)
            if state.faultAfter > 0 {
                state.faultAfter -= 1
                return (state.requests.count, .none)
            }
            let fault = state.fault
            if let times = state.faultTimes {
                state.faultTimes = times > 1 ? times - 1 : nil
                if times <= 1 { state.fault = .none }
            }
            return (state.requests.count, fault)
        }
    }

    // MARK: Rates

    func limit(_ rate: RequestRate?) {
        let now = configuration.uptime()
        state.withLock { $0.bucket = rate.map { TokenBucket($0, now: now) } }
    }

    func takeToken() throws(StripeErrorAnswer) {
        let now = configuration.uptime()
        let reason = state.withLock { state -> String? in
            state.bucket?.take(now: now) ?? true ? nil : state.bucket?.rate.reason
        }
        if let reason { throw .rateLimited(reason) }
    }

    // MARK: Faults

    func set(beforePage: (@Sendable (Int) -> Void)?) { state.withLock { $0.beforePage = beforePage } }

    func set(_ fault: Fault, times: Int?, after: Int) {
        state.withLock { state in
            state.faultAfter = after
            state.fault = times == 0 ? .none : fault
            state.faultTimes = times
            if fault == .held { state.isReleased = false }
        }
    }

    /// Waits for a while, or for ``stop()``.
    func pause(seconds: Double) async {
        let pause = Task { _ = try? await Task.sleep(for: .seconds(seconds)) }
        state.withLock { state in
            state.pauses.append(pause)
            if state.isStopping { pause.cancel() }
        }
        await pause.value
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Ends every answer that waits for something.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            for pause in state.pauses { pause.cancel() }
        }
        release()
    }

    /// Waits for ``release()``.
    func hold() async {
        await withCheckedContinuation { continuation in
            let (isReleased, satisfied) = state.withLock { state in
                guard !state.isReleased else { return (true, [CheckedContinuation<Void, Never>]()) }
                state.held.append(continuation)
                let satisfied = state.waitingForHeld.filter { $0.count <= state.held.count }
                state.waitingForHeld.removeAll { $0.count <= state.held.count }
                return (false, satisfied.map(\.continuation))
            }
            if isReleased { continuation.resume() }
            for waiting in satisfied { waiting.resume() }
        }
    }

    /// Releases all held requests, and those that would be held later.
    func release() {
        let released = state.withLock { state in
            state.isReleased = true
            if state.fault == .held { state.fault = .none }
            defer {
                state.held = []
                state.waitingForHeld = []
            }
            return state.held + state.waitingForHeld.map(\.continuation)
        }
        for continuation in released { continuation.resume() }
    }

    func untilHolding(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isSo = state.withLock { state in
                if state.held.count >= count || state.isReleased { return true }
                state.waitingForHeld.append((count, continuation))
                return false
            }
            if isSo { continuation.resume() }
        }
    }
}

package enum StandInError: Error, Equatable, CustomStringConvertible {
    /// The object has no id or no `object` member.
    case notAnObject
    /// The event has no id, no type or no time, or does not exist.
    case notAnEvent
    case cannotRead(path: String)

    package var description: String {
        switch self {
        case .notAnObject: "not an object of Stripe's: it has no id or does not say what it is"
        case .notAnEvent: "not an event of Stripe's: it has no id, no type or no time"
        case .cannotRead(let path): "cannot read \(path)"
        }
    }
}
