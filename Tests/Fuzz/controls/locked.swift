// Nothing here is a race: the sanitizer must be silent.
import Foundation
import Synchronization

final class Box: Sendable { let numbers = Mutex<[Int]>([]) }

let box = Box()
let done = DispatchSemaphore(value: 0)
for _ in 0..<8 {
    Thread {
        for number in 0..<20_000 {
            box.numbers.withLock { numbers in
                numbers.append(number)
                if numbers.count > 100 { numbers.removeAll() }
            }
        }
        done.signal()
    }
    .start()
}
for _ in 0..<8 { done.wait() }
