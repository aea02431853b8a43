import Compression
import Testing

@Suite struct CompressorTests {
    private let compressor = Compressor.bodies
    private let dictionaries = CompressionDictionaries.known

    @Test func `every body of the test data comes back byte for byte`() throws {
        #expect(Bodies.events.count > 150)
        #expect(Bodies.all.count > 900)
        for body in Bodies.all {
            let stored = try #require(compressor.compress(body))
            #expect(stored.count < body.count)
            #expect(try dictionaries.decompress(stored, size: body.count) == body)
        }
    }

    @Test func `bodies of events shrink to less than a fifth`() {
        let sizes = Bodies.events.map { (body: $0.count, stored: compressor.compress($0)?.count ?? $0.count) }
        let bodies = sizes.reduce(0) { $0 + $1.body }
        let stored = sizes.reduce(0) { $0 + $1.stored }
        #expect(stored * 5 < bodies, "\(bodies / sizes.count) bytes became \(stored / sizes.count)")
    }

    @Test(arguments: [0, 1, 2, 8, 16, 100, 4096, 1 << 20])
    func `keeps random bytes as they are`(count: Int) {
        #expect(compressor.compress(.random(count, seed: 1)) == nil)
    }

    @Test func `keeps a body over the limit as it is`() {
        let body = [UInt8](repeating: 32, count: Compressor.largestBody)
        #expect(compressor.compress(body) != nil)
        #expect(compressor.compress(body + [32]) == nil)
    }

    @Test func `a body of a megabyte comes back`() throws {
        var body: [UInt8] = []
        while body.count < 1 << 20 { body += Bodies.events[body.count % Bodies.events.count] }
        let stored = try #require(compressor.compress(body))
        #expect(try dictionaries.decompress(stored, size: body.count) == body)
    }

    @Test func `a frame names the dictionary in two bytes and ends with a checksum`() throws {
        let stored = try #require(compressor.compress(Bodies.charge))
        // The magic number; the descriptor: a checksum and two bytes of dictionary id; the window
        // (RFC 8878, section 3.1.1).
        #expect(stored.prefix(5) == [0x28, 0xB5, 0x2F, 0xFD, 0b0000_0110])
        #expect(UInt32(stored[6]) | UInt32(stored[7]) << 8 == CompressionDictionary.bodies.id)
    }

    @Test func `threads that compress and decompress at once get the same bytes`() async throws {
        let bodies = Array(Bodies.all.prefix(200))
        let alone = bodies.map { compressor.compress($0) }
        let results = await withTaskGroup { group in
            for _ in 0..<64 {
                group.addTask { [compressor, dictionaries] in
                    zip(bodies, alone).allSatisfy { body, expected in
                        guard let stored = compressor.compress(body), stored == expected else { return false }
                        return (try? dictionaries.decompress(stored, size: body.count)) == body
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results == Array(repeating: true, count: 64))
    }
}
