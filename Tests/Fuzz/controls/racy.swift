// The second counter is a race, beside a lock: the sanitizer must say so.
import Foundation
import Synchronization

final class Box: @unchecked Sendable {
    let guarded = Mutex(0)
    var unguarded = 0
}

let box = Box()
let done = DispatchSemaphore(value: 0)
for _ in 0..<4 {
    Thread {
        for _ in 0..<20_000 {
            box.guarded.withLock { $0 += 1 }
            box.unguarded += 1
        }
        done.signal()
    }
    .start()
}
for _ in 0..<4 { done.wait() }
