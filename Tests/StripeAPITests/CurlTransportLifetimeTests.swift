import HTTPClient
import StripeAPI
import StripeStandIn
import Synchronization
import Testing

/// Cancellation, crowding and the end.
@Suite(.timeLimit(.minutes(1)))
struct CurlTransportLifetimeTests {
    @Test func `a cancelled request ends at once and hangs up`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: String.self)
        let server = try RawServer { connection in
            _ = connection.readHead()
            arrived.yield("request")
            connection.waitForHangUp()
            arrived.yield("hang-up")
        }
        try await withTransport { transport in
            let request = TransportRequest(.get, url: server.url)
            let task = Task { try await transport.send(request) }
            var events = arrivals.makeAsyncIterator()
            #expect(await events.next() == "request")
            task.cancel()
            await #expect(throws: TransportError.cancelled) { try await task.value }
            #expect(await events.next() == "hang-up")
        }
    }

    @Test func `a task cancelled beforehand sends nothing`() async throws {
        let server = try RawServer { $0.waitForHangUp() }
        try await withTransport { transport in
            let request = TransportRequest(.get, url: server.url)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await transport.send(request)
            }
            await #expect(throws: TransportError.cancelled) { try await task.value }
        }
        #expect(server.connectionCount == 0)
    }

    @Test func `a request cancelled while it waits is never sent`() async throws {
        try await StripeStandIn.with { standIn in
            try await withTransport(.init(maxConcurrent: 1)) { transport in
                standIn.fail(.held)
                let request = TransportRequest(.get, url: standIn.baseURL + "/v1/charges/ch_1")
                let first = Task { try await transport.send(request) }
                await standIn.untilHolding(1)
                let second = Task { try await transport.send(request) }
                second.cancel()
                await #expect(throws: TransportError.cancelled) { try await second.value }
                standIn.release()
                let response = try await first.value
                #expect(response.status == 401)
                #expect(standIn.requests.count == 1)
            }
        }
    }

    @Test func `64 requests at once are all answered, each with its own answer`() async throws {
        try await StripeStandIn.with(.init(makesUpUnknown: true)) { standIn in
            try await withTransport { transport in
                let client = try StripeClient.forStandIn(standIn, transport)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<64 {
                        group.addTask {
                            // The client compares the id, so a mix-up of answers would throw.
                            _ = try await client.charge("ch_\(number)")
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(standIn.count("GET /v1/charges/:id") == 64)
            }
        }
    }

    @Test(arguments: [(3, 8, 3), (8, 2, 2)])
    func `no more requests are in flight than allowed in total and for a host`(
        total: Int,
        perHost: Int,
        expected: Int
    ) async throws {
        try await StripeStandIn.with { standIn in
            let bounds = CurlTransport.Configuration(maxConcurrent: total, maxConcurrentPerHost: perHost)
            try await withTransport(bounds) { transport in
                standIn.fail(.held)
                let request = TransportRequest(.get, url: standIn.baseURL + "/v1/charges/ch_1")
                let tasks = (0..<12).map { _ in Task { try await transport.send(request) } }
                await standIn.untilHolding(expected)
                #expect(standIn.requests.count == expected)
                standIn.release()
                for task in tasks {
                    let response = try await task.value
                    #expect(response.status == 401)
                }
                #expect(standIn.requests.count == 12)
            }
        }
    }

    @Test func `a host that is busy does not hold up another`() async throws {
        let free = try RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        try await StripeStandIn.with { standIn in
            try await withTransport(.init(maxConcurrentPerHost: 1)) { transport in
                standIn.fail(.held)
                let busy = TransportRequest(.get, url: standIn.baseURL + "/v1/charges/ch_1")
                let tasks = (0..<3).map { _ in Task { try await transport.send(busy) } }
                await standIn.untilHolding(1)
                let response = try await transport.send(TransportRequest(.get, url: free.url))
                #expect(response.status == 200)
                standIn.release()
                for task in tasks { _ = try await task.value }
            }
        }
    }

    @Test func `a request too many is refused`() async throws {
        let server = try RawServer { $0.waitForHangUp() }
        try await withTransport(.init(maxConcurrent: 1, maxQueued: 1)) { transport in
            let request = TransportRequest(.get, url: server.url)
            // Two are queued, whichever they are; the third is refused.
            let failures = await withTaskGroup(of: TransportError?.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        do throws(TransportError) {
                            _ = try await transport.send(request)
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                let first = await group.next()
                group.cancelAll()
                return await group.reduce(into: [first ?? nil]) { $0.append($1) }
            }
            #expect(failures == [.queueFull, .cancelled, .cancelled])
        }
    }

    @Test func `time spent waiting counts`() async throws {
        let server = try RawServer { $0.waitForHangUp() }
        try await withTransport(.init(maxConcurrent: 1)) { transport in
            let patient = TransportRequest(.get, url: server.url)
            let first = Task { try await transport.send(patient) }
            await #expect(throws: TransportError.timedOut) {
                // The first may not be under way yet; then this one is, and runs out of time there.
                try await transport.send(TransportRequest(.get, url: server.url, limits: .hasty))
            }
            first.cancel()
            _ = await first.result
        }
    }

    @Test func `a transport that is shut down refuses`() async throws {
        let transport = try CurlTransport()
        await transport.shutdown()
        await transport.shutdown()
        await #expect(throws: TransportError.shuttingDown) {
            try await transport.send(TransportRequest(.get, url: "http://127.0.0.1:1/"))
        }
    }

    @Test func `shutting down lets requests in flight and in the queue finish`() async throws {
        try await StripeStandIn.with { standIn in
            let transport = try CurlTransport(.init(maxConcurrent: 1))
            standIn.fail(.held)
            let request = TransportRequest(.get, url: standIn.baseURL + "/v1/charges/ch_1")
            let first = Task { try await transport.send(request) }
            await standIn.untilHolding(1)
            let waiting = Task { try await transport.send(request) }
            // Turned away only once the transport is closing, and by then the second waits or was turned away too.
            async let ended: Void = transport.shutdown(grace: .seconds(50))
            standIn.release()
            let response = try await first.value
            #expect(response.status == 401)
            switch await waiting.result {
            case .success(let response): #expect(response.status == 401)
            case .failure(let error): #expect(error as? TransportError == .shuttingDown)
            }
            await ended
        }
    }

    @Test func `shutting down fails what outlasts the grace, and ends`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readHead()
            arrived.yield()
            connection.waitForHangUp()
        }
        let transport = try CurlTransport(.init(maxConcurrent: 2))
        let request = TransportRequest(.get, url: server.url)
        let tasks = (0..<4).map { _ in Task { try await transport.send(request) } }
        var events = arrivals.makeAsyncIterator()
        await events.next()
        await events.next()
        await transport.shutdown(grace: .milliseconds(20))
        for task in tasks {
            await #expect(throws: TransportError.shuttingDown) { try await task.value }
        }
    }

    @Test func `many that come, go and are cancelled all end exactly once`() async throws {
        try await StripeStandIn.with(.init(makesUpUnknown: true)) { standIn in
            try await withTransport(.init(maxConcurrent: 4, maxQueued: 1000)) { transport in
                let client = try StripeClient.forStandIn(standIn, transport)
                let answered = await withTaskGroup(of: Int.self) { group in
                    for number in 0..<300 {
                        group.addTask {
                            let task = Task { try await client.charge("ch_\(number)") }
                            if number.isMultiple(of: 3) { task.cancel() }
                            switch await task.result {
                            case .success: return 1
                            case .failure(let error):
                                #expect(error as? StripeAPIError == .transport(.cancelled))
                                #expect(number.isMultiple(of: 3))
                                return 0
                            }
                        }
                    }
                    return await group.reduce(0, +)
                }
                #expect(answered >= 200)
            }
        }
    }
}
