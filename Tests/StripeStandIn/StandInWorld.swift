import Synchronization

/// What the stand-in knows, remembers, and is told to do wrong.
final class StandInWorld: Sendable {
    private struct State {
        var catalog = ObjectCatalog()
        var baseURL = ""
        var fault = Fault.none
        /// How many requests the fault is still for; nil for all.
        var faultTimes: Int?
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

    init(_ configuration: StripeStandIn.Configuration) { self.configuration = configuration }

    func serves(at baseURL: String) { state.withLock { $0.baseURL = baseURL } }

    // MARK: Objects

    func put(_ object: JSON, account: String?) throws {
        guard object["id"]?.string != nil, object["object"]?.string != nil else {
            throw StandInError.notAnObject
        }
        // Later than any event, so that what a test puts in stays.
        state.withLock { $0.catalog.put(object, account: account, asOf: .max) }
    }

    /// Takes an event's object, or an object by itself; false for anything else.
    func take(_ value: JSON) -> Bool {
        let isEvent = value["object"]?.string == "event" || (value["data"]?["object"] != nil)
        guard let object = isEvent ? value["data"]?["object"] : value, object["id"]?.string != nil,
            object["object"]?.string != nil
        else { return false }
        let asOf = (isEvent ? value["created"]?.integer : nil) ?? 0
        state.withLock { $0.catalog.put(object, account: value["account"]?.string, asOf: asOf) }
        return true
    }

    func object(_ kind: String, id: String, account: String?) -> JSON? {
        let known = state.withLock { $0.catalog.object(kind, id: id, account: account) }
        if let known { return known }
        return configuration.makesUpUnknown ? MadeUpObjects.object(kind, id: id) : nil
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

    /// Remembers a request, and says which it is and how it is to fail.
    func record(_ request: RecordedRequest) -> (number: Int, fault: Fault) {
        state.withLock { state in
            state.requests.append(request)
            let fault = state.fault
            if let times = state.faultTimes {
                state.faultTimes = times > 1 ? times - 1 : nil
                if times <= 1 { state.fault = .none }
            }
            return (state.requests.count, fault)
        }
    }

    // MARK: Faults

    func set(_ fault: Fault, times: Int?) {
        state.withLock { state in
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

    /// Lets everybody go, and whoever comes to be held from here on.
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
    /// What was put in has no id or does not say what it is.
    case notAnObject
    case cannotRead(path: String)

    package var description: String {
        switch self {
        case .notAnObject: "not an object of Stripe's: it has no id or does not say what it is"
        case .cannotRead(let path): "cannot read \(path)"
        }
    }
}
