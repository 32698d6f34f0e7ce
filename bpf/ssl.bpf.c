// Copies TLS plaintext where a library hands it out, with the socket that carries it.
//
// Built by BCC at start. The helper defines: RING_PAGES; WATCH_ALL, WATCH_UIDS(u) or WATCH_LIST (which processes);
// HAVE_RECV, HAVE_SEND (which tracepoints this kernel has). Touches no kernel structure but pt_regs.
#include <uapi/linux/ptrace.h>

#define PIECE 16640      // a whole TLS 1.3 record with its padding and tag: 2^14 + 256
#define FULL_PIECES 32   // of one call, and one more: at least 512 KiB
#define READ 0
#define WRITE 1

enum { OPENSSL = 1, BORINGSSL, AWS_LC, GNUTLS, GO };
// What a call's return value says.
enum { COUNT = 1, FLAG, SSIZE, OPENED, SEALED, NONE };
// Records in the ring.
enum { R_DATA = 1, R_CONN, R_ADDRESS, R_CUT, R_GONE, R_SOCKET_CLOSED, R_EXEC, R_EXIT, R_LIBRARIES };
// How a socket was found; the greater the surer.
enum { BEFORE = 1, AFTER, RECV, SEND };

struct key { u64 ptr, tgid; };
struct conn { u64 id, sk, serial, other, off[2]; u32 stack; u32 sure; };
struct call { u64 ptr, buf, num, out, alt, sk, serial, before_sk, before_serial, sp; u32 tls12; u8 what, dir, stack, sure; };
struct thread { u64 depth; struct call call[3]; };
struct sock_seen { u64 serial; u32 used; u8 closed, born, family, pad; u16 lport, rport; u32 pad2; u8 laddr[16], raddr[16]; };
struct last { u64 sk, serial; };

struct head { u64 conn, time, off, ptr; u32 pid, n; u8 kind, dir, stack, first; u32 cpu; };
struct r_small { struct head h; };
struct r_conn { struct head h; char comm[16]; u32 uid, fresh; };
struct r_address { struct head h; u64 serial; u16 family, lport, rport; u8 how, born; u8 laddr[16], raddr[16]; };
struct r_192 { struct head h; char data[192]; };
struct r_704 { struct head h; char data[704]; };
struct r_2496 { struct head h; char data[2496]; };
struct r_8192 { struct head h; char data[8192]; };
struct r_16640 { struct head h; char data[16640]; };

BPF_RINGBUF_OUTPUT(ring, RING_PAGES);
BPF_TABLE("lru_hash", struct key, struct conn, conns, 65536);
BPF_TABLE("lru_hash", u64, u8, ignored, 65536);           // connections that carry no HTTP
BPF_TABLE("lru_hash", u64, struct thread, threads, 16384); // calls in flight
BPF_TABLE("lru_hash", u64, struct call, goroutines, 16384);
BPF_PERCPU_ARRAY(blank, struct thread, 1);
BPF_TABLE("lru_hash", u64, struct sock_seen, socks, 65536);
BPF_TABLE("lru_hash", u64, struct last, received, 32768);  // the thread's last socket read, until a TLS call takes it
BPF_TABLE("lru_hash", u64, struct key, unsent, 32768);     // what the thread has encrypted and not sent yet
BPF_HASH(listed, u32, u8, 65536);
BPF_PERCPU_ARRAY(counts, u64, 4);
enum { LOST, RECORDS, IGNORED_BYTES, CUT_BYTES };

static __always_inline void count(int what, u64 n)
{
    u64 *v = counts.lookup(&what);
    if (v) *v += n;
}
static __always_inline int watched(void)
{
#if defined(WATCH_LIST)
    u32 tgid = bpf_get_current_pid_tgid() >> 32;
    return listed.lookup(&tgid) != 0;
#elif defined(WATCH_UIDS)
    u32 uid = bpf_get_current_uid_gid();
    return WATCH_UIDS(uid);
#else
    return 1;
#endif
}
static __always_inline u64 new_id(void)  // unique: no CPU makes two within 256 ns
{
    return (bpf_ktime_get_ns() & ~255ULL) | (bpf_get_smp_processor_id() & 255);
}
static __always_inline void put_head(struct head *h, u8 kind, u64 conn, u64 ptr)
{
    h->conn = conn; h->time = bpf_ktime_get_ns(); h->off = 0; h->ptr = ptr;
    h->pid = bpf_get_current_pid_tgid() >> 32; h->n = 0;
    h->kind = kind; h->dir = 0; h->stack = 0; h->first = 0; h->cpu = bpf_get_smp_processor_id();
}
static __always_inline void tell(u8 kind, u64 conn, u64 ptr, u64 wake)
{
    struct r_small *r = ring.ringbuf_reserve(sizeof(*r));
    if (!r) { count(LOST, 1); return; }
    put_head(&r->h, kind, conn, ptr);
    ring.ringbuf_submit(r, wake);
}

// ---------------------------------------------------------------- data

struct piece { struct conn *conn; u64 ptr, time, off, from, n; u8 dir, first; };

static __always_inline void head_of_data(struct head *h, struct piece *p, u8 kind)
{
    h->conn = p->conn->id; h->time = p->time; h->off = p->off; h->ptr = p->ptr;
    h->pid = bpf_get_current_pid_tgid() >> 32; h->n = p->n; h->kind = kind;
    h->dir = p->dir; h->stack = p->conn->stack; h->first = p->first; h->cpu = bpf_get_smp_processor_id();
}
static __always_inline void fill(struct head *h, char *data, u64 room, struct piece *p)
{
    head_of_data(h, p, R_DATA);
    u64 n = p->n;
    asm volatile("" : "+r"(n));
    if (n > room) n = room;
    if (bpf_probe_read_user(data, n, (void *)p->from)) h->kind = R_CUT;
    count(RECORDS, 1);
}
// The room for a record is taken from the ring first and filled in place: a program can be preempted, and a scratch
// buffer per CPU would then be overwritten by the next one. So records come in a few sizes.
static __always_inline void put_full(struct piece *p)
{
    struct r_16640 *r = ring.ringbuf_reserve(sizeof(*r));
    if (!r) { count(LOST, 1); return; }
    fill(&r->h, r->data, 16640, p);
    ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}
static __always_inline void put_rest(struct piece *p)
{
    if (p->n <= 192) {
        struct r_192 *r = ring.ringbuf_reserve(sizeof(*r));
        if (!r) { count(LOST, 1); return; }
        fill(&r->h, r->data, 192, p);
        ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
    } else if (p->n <= 704) {
        struct r_704 *r = ring.ringbuf_reserve(sizeof(*r));
        if (!r) { count(LOST, 1); return; }
        fill(&r->h, r->data, 704, p);
        ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
    } else if (p->n <= 2496) {
        struct r_2496 *r = ring.ringbuf_reserve(sizeof(*r));
        if (!r) { count(LOST, 1); return; }
        fill(&r->h, r->data, 2496, p);
        ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
    } else if (p->n <= 8192) {
        struct r_8192 *r = ring.ringbuf_reserve(sizeof(*r));
        if (!r) { count(LOST, 1); return; }
        fill(&r->h, r->data, 8192, p);
        ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
    } else put_full(p);
}
static __always_inline void emit(struct conn *conn, u64 ptr, u64 buf, u64 len, u8 dir)
{
    struct conn here = *conn;
    struct piece p = { .conn = &here, .ptr = ptr, .time = bpf_ktime_get_ns(), .off = here.off[dir & 1], .from = buf, .dir = dir, .first = 1 };
    u64 left = len;
    conn->off[dir & 1] = p.off + len;
    if (ignored.lookup(&here.id)) { count(IGNORED_BYTES, len); return; }
    for (int i = 0; i < FULL_PIECES; i++) {
        if (left <= PIECE) break;
        p.n = PIECE;
        put_full(&p);
        p.off += PIECE; p.from += PIECE; left -= PIECE; p.first = 0;
    }
    if (left > PIECE) {
        struct r_small *r = ring.ringbuf_reserve(sizeof(*r));
        count(CUT_BYTES, left);
        if (!r) { count(LOST, 1); return; }
        p.n = left > 0xffffffffULL ? 0xffffffff : left; p.first = 1;
        head_of_data(&r->h, &p, R_CUT);
        ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
        return;
    }
    p.n = left;
    if (left) put_rest(&p);
}

// ---------------------------------------------------------------- connections and their sockets

static __always_inline void tell_address(struct conn *c, u64 ptr, struct sock_seen *s)
{
    struct r_address *r = ring.ringbuf_reserve(sizeof(*r));
    if (!r) { count(LOST, 1); return; }
    put_head(&r->h, R_ADDRESS, c->id, ptr);
    r->serial = s->serial; r->family = s->family; r->lport = s->lport; r->rport = s->rport; r->how = c->sure; r->born = s->born;
    __builtin_memcpy(r->laddr, s->laddr, 16);
    __builtin_memcpy(r->raddr, s->raddr, 16);
    ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}
static __always_inline void bind(struct conn *c, u64 ptr, u64 sk, u64 serial, u32 sure)
{
    if (c->serial == serial && c->sure >= sure) return;
    if (c->serial && c->serial != serial) {
        if (sure < c->sure) return;
        if (sure == c->sure && c->other != serial) { c->other = serial; return; }  // only if it comes again
    }
    struct sock_seen *s = socks.lookup(&sk);
    if (!s) return;
    if (s->serial != serial) return;
    s->used = 1;
    c->sk = sk; c->serial = serial; c->sure = sure; c->other = 0;
    tell_address(c, ptr, s);
}
static __always_inline struct conn *begin(struct key *k, u32 stack, u32 fresh)
{
    struct conn c = { .id = new_id(), .stack = stack };
    struct r_conn *r = ring.ringbuf_reserve(sizeof(*r));
    if (r) {
        put_head(&r->h, R_CONN, c.id, k->ptr);
        r->h.stack = stack;
        bpf_get_current_comm(&r->comm, sizeof(r->comm));
        r->uid = bpf_get_current_uid_gid(); r->fresh = fresh;
        ring.ringbuf_submit(r, BPF_RB_NO_WAKEUP);
    } else count(LOST, 1);
    conns.update(k, &c);
    return conns.lookup(k);
}
// The connection behind a library's pointer. Pointers are used again: another socket, or a write after the socket was
// closed, means another connection.
static __always_inline struct conn *conn_of(struct call *call, struct key *k, u32 fresh)
{
    struct conn *c = conns.lookup(k);
    if (!c) return begin(k, call->stack, fresh);
    if (c->serial) {
        if (call->serial) {
            if (call->serial != c->serial && c->sure >= RECV) return begin(k, call->stack, 1);
        } else {
            struct sock_seen *s = socks.lookup(&c->sk);
            if (s) {
                u8 over = s->serial != c->serial || s->closed, new = call->before_serial && call->before_serial != c->serial;
                // keys of rustls and Go's connections write before they have read
                if (call->dir == WRITE && (call->stack == AWS_LC || call->stack == GO)) new = 1;
                if (over && new) return begin(k, call->stack, 1);
            }
        }
    }
    return c;
}
static __always_inline int finish(struct call *call, u64 id, u64 n)
{
    struct key k = { .ptr = call->ptr, .tgid = id >> 32 };
    struct conn *c = conn_of(call, &k, call->what == NONE);
    if (!c) return 0;
    if (call->serial) bind(c, k.ptr, call->sk, call->serial, call->sure);
    else if (call->before_serial && !c->serial) bind(c, k.ptr, call->before_sk, call->before_serial, BEFORE);
    if (!call->serial && call->stack != GO && (call->dir == WRITE || call->what == NONE)) unsent.update(&id, &k);
    if (n) emit(c, k.ptr, call->buf, n, call->dir);
    return 0;
}

// ---------------------------------------------------------------- calls

// Calls of one thread nest: SSL_read makes a handshake, whose callback writes the first request (Node). The stack pointer
// tells them apart. What stands as deep as a new call or deeper has never returned (longjmp), or is the same call again: two
// files of an overlay share an inode, and its probes.
static __always_inline void unwind(struct thread *t, u64 sp)
{
    if (t->depth >= 3 && t->call[2].sp <= sp) t->depth = 2;
    if (t->depth == 2 && t->call[1].sp <= sp) t->depth = 1;
    if (t->depth == 1 && t->call[0].sp <= sp) t->depth = 0;
}
static __always_inline struct call *innermost(u64 id)
{
    struct thread *t = threads.lookup(&id);
    if (!t) return 0;
    if (t->depth == 1) return &t->call[0];
    if (t->depth == 2) return &t->call[1];
    if (t->depth == 3) return &t->call[2];
    return 0;
}
static __always_inline void take_received(struct call *call, u64 tid)
{
    struct last *l = received.lookup(&tid);
    if (!l) return;
    call->before_sk = l->sk; call->before_serial = l->serial;
    received.delete(&tid);
}
static __always_inline int enter(struct pt_regs *ctx, u64 id, struct call *call)  // whether it is a new call
{
    int zero = 0;
    struct thread *t = threads.lookup(&id);
    if (!t) {
        struct thread *none = blank.lookup(&zero);
        if (!none) return 0;
        threads.update(&id, none);
        t = threads.lookup(&id);
        if (!t) return 0;
    }
    call->sp = ctx->sp;
    struct call *top = innermost(id);
    if (top) { if (top->sp == ctx->sp && top->ptr == call->ptr && top->what == call->what) return 0; }
    unwind(t, ctx->sp);
    if (call->dir == READ) take_received(call, id);
    if (t->depth == 0) { t->call[0] = *call; t->depth = 1; }
    else if (t->depth == 1) { t->call[1] = *call; t->depth = 2; }
    else if (t->depth == 2) { t->call[2] = *call; t->depth = 3; }
    else return 0;
    return 1;
}
static __always_inline int enter_c(struct pt_regs *ctx, u8 stack, u8 dir, u8 what)
{
    if (!watched()) return 0;
    u64 id = bpf_get_current_pid_tgid();
    struct call call = { .ptr = PT_REGS_PARM1(ctx), .buf = PT_REGS_PARM2(ctx), .num = PT_REGS_PARM3(ctx),
        .out = PT_REGS_PARM4(ctx), .alt = PT_REGS_PARM5(ctx), .what = what, .dir = dir, .stack = stack };
    enter(ctx, id, &call);
    return 0;
}
int openssl_read(struct pt_regs *ctx) { return enter_c(ctx, OPENSSL, READ, COUNT); }
int openssl_write(struct pt_regs *ctx) { return enter_c(ctx, OPENSSL, WRITE, COUNT); }
int openssl_read_ex(struct pt_regs *ctx) { return enter_c(ctx, OPENSSL, READ, FLAG); }
int openssl_write_ex(struct pt_regs *ctx) { return enter_c(ctx, OPENSSL, WRITE, FLAG); }
int openssl_handshake(struct pt_regs *ctx) { return enter_c(ctx, OPENSSL, READ, NONE); }
int boringssl_read(struct pt_regs *ctx) { return enter_c(ctx, BORINGSSL, READ, COUNT); }
int boringssl_write(struct pt_regs *ctx) { return enter_c(ctx, BORINGSSL, WRITE, COUNT); }
int boringssl_handshake(struct pt_regs *ctx) { return enter_c(ctx, BORINGSSL, READ, NONE); }
int gnutls_read(struct pt_regs *ctx) { return enter_c(ctx, GNUTLS, READ, SSIZE); }
int gnutls_write(struct pt_regs *ctx) { return enter_c(ctx, GNUTLS, WRITE, SSIZE); }

int on_return(struct pt_regs *ctx)
{
    u64 id = bpf_get_current_pid_tgid(), n = 0;
    struct thread *t = threads.lookup(&id);
    if (!t) return 0;
    unwind(t, ctx->sp - 9);  // what is deeper than the call that returns
    struct call *kept = innermost(id);
    if (!kept) return 0;
    if (kept->sp + 8 != ctx->sp) return 0;
    struct call call = *kept;
    t->depth--;
    s64 rc = PT_REGS_RC(ctx);
    if (call.what == COUNT) {
        if ((s32)rc > 0) n = (s32)rc;
    } else if (call.what == SSIZE) {
        if (rc > 0) n = rc;
    } else if ((s32)rc > 0 && (call.what == FLAG || call.what == OPENED)) {
        // ssl_write_internal has flags before the pointer since OpenSSL 3.2
        u64 at = call.what == FLAG && call.out < 4096 ? call.alt : call.out;
        if (bpf_probe_read_user(&n, sizeof(n), (void *)at)) n = 0;
    }
    if (call.what == OPENED && n && !call.tls12) {  // TLS 1.3: content, its type, padding of zeros
        u8 type = 0;
        n--;
        bpf_probe_read_user(&type, 1, (void *)(call.buf + n));
        if (type != 23) n = 0;
    }
    return finish(&call, id, n);
}

static __always_inline int gone(struct pt_regs *ctx)
{
    if (!watched()) return 0;
    struct key k = { .ptr = PT_REGS_PARM1(ctx), .tgid = bpf_get_current_pid_tgid() >> 32 };
    struct conn *c = conns.lookup(&k);
    if (!c) return 0;
    tell(R_GONE, c->id, k.ptr, BPF_RB_NO_WAKEUP);
    conns.delete(&k);
    return 0;
}
int on_free(struct pt_regs *ctx) { return gone(ctx); }

// EVP_AEAD_CTX_seal/open(ctx, out, &out_len, max_out, nonce, nonce_len, in, in_len, ad, ad_len): one TLS record each. The
// additional data tell the version: 5 bytes, the record's head (RFC 8446, 5.2), or 13 with the content type (RFC 5246, 6.2.3.3).
static __always_inline u64 stack_arg(struct pt_regs *ctx, int i)
{
    u64 v = 0;
    bpf_probe_read_user(&v, 8, (void *)(ctx->sp + 8 + 8 * i));
    return v;
}
static __always_inline int is_record(struct pt_regs *ctx, u32 *tls12)
{
    u64 ad = stack_arg(ctx, 2), ad_len = stack_arg(ctx, 3);
    u8 type = 0;
    *tls12 = ad_len == 13;
    if (ad_len != 5 && ad_len != 13) return 0;
    bpf_probe_read_user(&type, 1, (void *)(ad + (ad_len == 13 ? 8 : 0)));
    return type == 23;
}
int aead_seal(struct pt_regs *ctx)
{
    u32 tls12 = 0;
    if (!watched()) return 0;
    if (!is_record(ctx, &tls12)) return 0;
    u64 id = bpf_get_current_pid_tgid(), n = stack_arg(ctx, 1);
    struct call call = { .ptr = PT_REGS_PARM1(ctx), .buf = stack_arg(ctx, 0), .what = SEALED, .dir = WRITE, .stack = AWS_LC };
    if (!tls12 && n) {
        u8 type = 0;
        n--;
        bpf_probe_read_user(&type, 1, (void *)(call.buf + n));
        if (type != 23) return 0;
    }
    if (enter(ctx, id, &call)) finish(&call, id, n);  // now: the plaintext is encrypted in place
    return 0;
}
int aead_seal_return(struct pt_regs *ctx)
{
    u64 id = bpf_get_current_pid_tgid();
    struct thread *t = threads.lookup(&id);
    if (t) unwind(t, ctx->sp - 8);
    return 0;
}
int aead_open(struct pt_regs *ctx)
{
    u32 tls12 = 0;
    if (!watched()) return 0;
    if (!is_record(ctx, &tls12)) return 0;
    struct call call = { .ptr = PT_REGS_PARM1(ctx), .buf = PT_REGS_PARM2(ctx), .out = PT_REGS_PARM3(ctx), .what = OPENED,
        .dir = READ, .stack = AWS_LC, .tls12 = tls12 };
    enter(ctx, bpf_get_current_pid_tgid(), &call);
    return 0;
}

// Go (ABIInternal, since 1.17): receiver, buffer and length in rax, rbx, rcx; the goroutine in r14; results from rax on.
// Goroutines change threads, and their stacks move: calls are kept by goroutine, and returns are probed at each RET.
static __always_inline u64 goroutine(struct pt_regs *ctx) { return ctx->r14 ^ (bpf_get_current_pid_tgid() & 0xffffffff00000000ULL); }
static __always_inline int enter_go(struct pt_regs *ctx, u8 dir)
{
    if (!watched()) return 0;
    u64 id = goroutine(ctx);
    struct call call = { .ptr = ctx->ax, .buf = ctx->bx, .num = ctx->cx, .what = COUNT, .dir = dir, .stack = GO };
    goroutines.update(&id, &call);
    if (dir == WRITE) {  // the thread sends before Conn.Write returns
        u64 tid = bpf_get_current_pid_tgid();
        struct key k = { .ptr = call.ptr, .tgid = tid >> 32 };
        if (conn_of(&call, &k, 0)) unsent.update(&tid, &k);
    }
    return 0;
}
int go_read(struct pt_regs *ctx) { return enter_go(ctx, READ); }
int go_write(struct pt_regs *ctx) { return enter_go(ctx, WRITE); }
int go_return(struct pt_regs *ctx)
{
    u64 id = goroutine(ctx), tid = bpf_get_current_pid_tgid();
    s64 n = ctx->ax;
    struct call *kept = goroutines.lookup(&id);
    if (!kept) return 0;
    struct call call = *kept;
    goroutines.delete(&id);
    if (call.dir == READ) take_received(&call, tid);
    else unsent.delete(&tid);
    if (n < 0) n = 0;
    return finish(&call, tid, n);
}
int go_close(struct pt_regs *ctx)
{
    if (!watched()) return 0;
    struct key k = { .ptr = ctx->ax, .tgid = bpf_get_current_pid_tgid() >> 32 };
    struct conn *c = conns.lookup(&k);
    if (!c) return 0;
    tell(R_GONE, c->id, k.ptr, BPF_RB_NO_WAKEUP);
    conns.delete(&k);
    return 0;
}

// ---------------------------------------------------------------- sockets

#ifdef HAVE_RECV
#define ADDRESSES(s, a) { \
    (s)->family = (a)->family; (s)->lport = (a)->sport; (s)->rport = (a)->dport; \
    if ((a)->family == 2) { \
        __builtin_memcpy((s)->laddr, (void *)(a)->saddr, 4); __builtin_memcpy((s)->raddr, (void *)(a)->daddr, 4); \
    } else { \
        __builtin_memcpy((s)->laddr, (void *)(a)->saddr_v6, 16); __builtin_memcpy((s)->raddr, (void *)(a)->daddr_v6, 16); \
    } }

TRACEPOINT_PROBE(tcp, tcp_rcv_space_adjust)  // in the thread that reads from a TCP socket and gets something
{
    if (!watched()) return 0;
    u64 id = bpf_get_current_pid_tgid(), sk = (u64)args->skaddr;
    struct sock_seen *s = socks.lookup(&sk);
    if (!s) {
        struct sock_seen new = { .serial = new_id() };
        ADDRESSES(&new, args)
        socks.update(&sk, &new);
        s = socks.lookup(&sk);
        if (!s) return 0;
    }
    struct call *c = innermost(id);
    if (c) {
        if (c->sure < SEND) { c->sk = sk; c->serial = s->serial; c->sure = RECV; }
        return 0;
    }
    struct last l = { .sk = sk, .serial = s->serial };
    received.update(&id, &l);
    return 0;
}
TRACEPOINT_PROBE(sock, inet_sock_set_state)
{
    u64 sk = (u64)args->skaddr;
    if (args->protocol != 6) return 0;
    if (args->newstate == 1) {
        struct sock_seen new = { .serial = new_id(), .born = 1 };
        ADDRESSES(&new, args)
        socks.update(&sk, &new);
        return 0;
    }
    // FIN_WAIT1, CLOSE, LAST_ACK, CLOSING: nothing more is written
    if (args->newstate != 4 && args->newstate != 7 && args->newstate != 9 && args->newstate != 11) return 0;
    struct sock_seen *s = socks.lookup(&sk);
    if (!s) return 0;
    if (s->closed) return 0;
    s->closed = 1;
    if (s->used) tell(R_SOCKET_CLOSED, s->serial, 0, BPF_RB_NO_WAKEUP);
    return 0;
}
#endif
#ifdef HAVE_SEND
TRACEPOINT_PROBE(sock, sock_send_length)
{
    if (args->ret <= 0 || (args->family != 2 && args->family != 10) || args->protocol != 6) return 0;
    u64 id = bpf_get_current_pid_tgid(), sk = (u64)args->sk;
    struct call *c = innermost(id);
    if (c) {
        struct sock_seen *s = socks.lookup(&sk);
        if (s) { c->sk = sk; c->serial = s->serial; c->sure = SEND; }
        return 0;
    }
    struct key *k = unsent.lookup(&id);
    if (!k) return 0;
    struct key key = *k;
    unsent.delete(&id);
    struct conn *conn = conns.lookup(&key);
    if (!conn) return 0;
    struct sock_seen *s = socks.lookup(&sk);
    if (!s) return 0;
    bind(conn, key.ptr, sk, s->serial, AFTER);
    return 0;
}
#endif

// ---------------------------------------------------------------- processes

TRACEPOINT_PROBE(sched, sched_process_exec)
{
#ifndef WATCH_LIST
    if (!watched()) return 0;
#endif
    u64 id = bpf_get_current_pid_tgid();
    threads.delete(&id);
    received.delete(&id);
    unsent.delete(&id);
    tell(R_EXEC, 0, 0, BPF_RB_FORCE_WAKEUP);
    return 0;
}
TRACEPOINT_PROBE(sched, sched_process_exit)
{
    u64 id = bpf_get_current_pid_tgid();
    u32 tgid = id >> 32;
    threads.delete(&id);
    received.delete(&id);
    unsent.delete(&id);
    if ((u32)id != tgid || !watched()) return 0;
    tell(R_EXIT, 0, 0, BPF_RB_NO_WAKEUP);
#ifdef WATCH_LIST
    listed.delete(&tgid);
#endif
    return 0;
}
#ifdef WATCH_LIST
TRACEPOINT_PROBE(sched, sched_process_fork)
{
    u32 child = args->child_pid;
    u8 one = 1;
    if (watched()) listed.update(&child, &one);
    return 0;
}
#endif
int on_libraries(struct pt_regs *ctx)  // _dl_debug_state: the dynamic linker has changed the list of libraries
{
    if (watched()) tell(R_LIBRARIES, 0, 0, BPF_RB_FORCE_WAKEUP);
    return 0;
}
