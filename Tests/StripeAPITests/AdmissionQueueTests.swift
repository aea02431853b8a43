@testable import HTTPClient
import Testing

struct AdmissionQueueTests {
    @Test func `the first to come is the first to go`() {
        var queue = AdmissionQueue<Int>(maxRunning: 2, maxRunningPerOrigin: 2)
        for number in 1...3 { queue.append(number, origin: "a") }
        #expect(queue.next() == 1)
        #expect(queue.next() == 2)
        #expect(queue.next() == nil)
        queue.finished(origin: "a")
        #expect(queue.next() == 3)
    }

    @Test func `an origin that has all it may is passed over`() {
        var queue = AdmissionQueue<Int>(maxRunning: 3, maxRunningPerOrigin: 1)
        queue.append(1, origin: "a")
        queue.append(2, origin: "a")
        queue.append(3, origin: "b")
        #expect(queue.next() == 1)
        #expect(queue.next() == 3)
        #expect(queue.next() == nil)
        queue.finished(origin: "a")
        #expect(queue.next() == 2)
    }

    @Test func `an element that is removed while it waits never runs`() {
        var queue = AdmissionQueue<Int>(maxRunning: 1, maxRunningPerOrigin: 1)
        for number in 1...4 { queue.append(number, origin: "a") }
        #expect(queue.removeWaiting { $0.isMultiple(of: 2) } == [2, 4])
        #expect(queue.next() == 1)
        queue.finished(origin: "a")
        #expect(queue.next() == 3)
        #expect(queue.waiting.isEmpty)
    }
}
