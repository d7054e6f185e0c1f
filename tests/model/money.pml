/*
 * How money moves: record, call, settle, reconcile, as a model for SPIN. README.md says what is
 * modelled and what is not; run says which configurations there are.
 *
 * A configuration is a choice of the records and of who works on them:
 *   -DCLIENT_1=i -DCLIENT_2=i  which record each of the two clients asks for
 *   -DPAYMENT         record 0 is made by a client; without it the payment has succeeded long ago
 *   -DREFUNDS=n       how many of the records 1 and 2, refunds of the payment, are used
 *   -DFOREIGN         the last record is a refund that is made in the processor's own pages
 *   -DAGEING          a key at the processor may become so old that the processor forgets it
 *   -DSTRAY           with AGEING: a call may come when the fence in its way was forgotten
 *   -DLIVE            all is settled in the end, with -DTROUBLE=n deaths and repetitions;
 *                     without it no state is wrong, with any number of them
 *   -DFAULT=NAME      one of the names below is built in
 *
 * The payment is of 100, and each refund of 60: two of them do not fit.
 *
 * SPDX-License-Identifier: MIT
 */

/* The faults. Each is something that a program could do. */
#define CALL_BEFORE_RECORD        1
#define KEY_PER_TRY               2
#define NO_FENCE                  3  /* not found is believed at once */
#define FENCE_REFUSAL_BELIEVED    4  /* the key was used already: taken for closed by us */
#define CLOSED_KEY_IS_SUCCESS     5  /* the call that was refused because of the fence */
#define NO_LOOK_AFTER_FENCE       6
#define UNKNOWN_IS_FAILED         7
#define LAST_TRY_BELIEVED         8  /* surely not sent, though an earlier try may have been */
#define FINAL_OVERWRITTEN         9
#define BELIEF_ANSWERED          10  /* the client is told what came, not what is kept */
#define RESERVATION_KEPT         11
#define RESERVATION_TWICE_BACK   12
#define RESERVATION_LATE         13
#define REFUND_OF_UNSETTLED      14
#define EVENT_OUTSIDE            15  /* the outbox row in a transaction of its own */
#define EVENT_WITHOUT_CHANGE     16  /* the outbox row though the update changed nothing */
#define EVENT_APPLIED            17  /* what an event says is settled without asking */
#define HINT_LOST                18  /* due_at is cleared though an event wrote it meanwhile */
#define RETURNED_IS_FAILED       19
#define RETURN_UNHEARD           20  /* a return is taken for a failure of what is still processing */
#define FOREIGN_FORGOTTEN        21  /* a refund from the pages that does not fit now is let go */
#define KEY_ANSWERS_409          22  /* as long as the record is processing */
#define DUE_UNWRITTEN            23  /* no due_at: found by nobody when its worker has died */
#define STRAY_KEPT               24
#define STRAY_BACK_TWICE         25  /* given back under a new key each time */
#define ATTEMPT_IS_FAILED        26  /* a customer who did not pass is taken for the end */
#define CANCEL_UNASKED           27  /* failed when the customer's time is over, without a word to the processor */
#define CANCEL_REFUSAL_BELIEVED  28  /* the cancellation came too late: taken for cancelled */
#define NEVER_CANCELLED          29

#ifndef FAULT
#define FAULT 0
#endif
#define WITH(name) (FAULT == name)

#ifndef REFUNDS
#define REFUNDS 0
#endif
#ifndef RECONCILERS
#define RECONCILERS 2
#endif
#ifndef TRIES
#define TRIES 2  /* how often a call is sent for one request */
#endif
#ifndef TROUBLE
#define TROUBLE 1
#endif

#define PAGES_REFUND (REFUNDS + 1)
#ifdef FOREIGN
#define RECORDS (REFUNDS + 2)
#else
#define RECORDS (REFUNDS + 1)
#endif
#define is_refund(i) ((i) > 0)

/* Status of a record; none also: not told, not found. */
mtype = { none, processing, succeeded, failed };
/* due_at of a record: unset (NULL); the end of its request, to come or past; the present, as somebody
 * wrote it later. */
mtype = { unset, at_deadline, past_deadline, now };
/* An idempotency key at the processor. */
mtype = { fresh, used, closed };
/* What the processor has under a record's id: nothing, being worked on and not to be seen yet,
 * waiting for a bank; acting: it waits for the customer (3-D Secure); tried: the customer did not
 * pass, and may try again; left: nor will the customer do anything any more; it has moved the money,
 * or will not; what it moved came back. succeeded and failed are the words above. */
mtype = { absent, at_work, waiting, acting, tried, left, returned };
/* What a call is answered with, beside succeeded, failed and waiting. */
mtype = { silence, key_closed };

/* Our database. */
mtype status[RECORDS] = none;
mtype due_at[RECORDS] = unset;
bit returned_at[RECORDS];
bit shown[RECORDS];     /* to an operator: nobody but a person can resolve it */
byte outbox[RECORDS];   /* event rows of the record */
byte reserved;          /* of the payment, in refunds of 60: payments.refunded */
bit rewritten[2 * RECORDS]; /* due_at is another than reconciler r read: of r * RECORDS + record */

/* The processor. */
mtype key[RECORDS] = fresh;
mtype object[RECORDS] = absent;
mtype reply[RECORDS] = silence; /* the answer to the call, kept with the key */
byte at_work_on[2];     /* one more than the record that reconciler r has claimed */
byte calls[RECORDS];    /* under way: they arrive in any order, late, or never */
byte moved[RECORDS];    /* how often the processor moved the money */
byte back[RECORDS];     /* how often it gave a stray charge back */
#ifdef LIVE
bit news[RECORDS];      /* events that were not delivered yet: one says as much as several */
#define emit(i) news[i] = 1
#else
#define emit(i) skip
#endif

bit is_old[RECORDS];    /* the key is older than the processor keeps it */

/* What can only be seen from outside. */
mtype first[RECORDS] = none; /* the first final status */
#ifdef AGEING
byte in_hand[RECORDS];       /* workers that may still send a call */
#define take_in_hand(i) in_hand[i]++
#define leave(i) in_hand[i]--
#else
#define take_in_hand(i) skip
#define leave(i) skip
#endif
byte waits;                  /* clients that have no answer but 409 */
byte trouble;

#ifdef LIVE
bit is_quiet;                /* what may happen, or may not, has happened or does not */
#define may_happen !is_quiet
#else
#define may_happen true
#endif

#ifdef LIVE
#define LUCK (trouble < TROUBLE)
#define misfortune trouble++
#else
#define LUCK true
#define misfortune skip
#endif

#define in_processing(i) (status[i] == processing)
#define tell(i, answer) assert(answer == first[i]) /* a final answer to a client is the first, for ever */
#define is_final(i) (status[i] == succeeded || status[i] == failed)
#define is_due(i) (due_at[i] == now || due_at[i] == past_deadline)
#define is_as_made(i) (due_at[i] == at_deadline || due_at[i] == past_deadline)
#define can_act(i) (object[i] == acting || object[i] == tried)
#define awaits(i) (can_act(i) || object[i] == left)
#define holds(i) (object[i] == at_work || object[i] == waiting || awaits(i) || object[i] == succeeded)
#define takes(i) (in_processing(i) || (status[i] == succeeded && !returned_at[i]))
#define room (reserved == 0)

/* The parts of a transaction. */

inline write_final(i, to)
{
    status[i] = to;
    if
    :: first[i] == none -> first[i] = to
    :: else
    fi
    if
    :: WITH(EVENT_OUTSIDE)
    :: else -> outbox[i]++
    fi
}

inline give_back()
{
    if
    :: WITH(RESERVATION_KEPT) || WITH(RESERVATION_LATE)
    :: else -> reserved--
    fi
}

/* Whoever learned how a record ended: an UPDATE that names the status processing, its reservation
 * and its outbox row. due_at is cleared only if it is still what the request wrote. */
inline settle(i, to)
{
    d_step {
        if
        :: in_processing(i) || (WITH(FINAL_OVERWRITTEN) && status[i] != none) ->
            write_final(i, to);
            if
            :: is_as_made(i) || WITH(HINT_LOST) -> due_at[i] = unset
            :: else
            fi
            if
            :: is_refund(i) && to == failed -> give_back()
            :: is_refund(i) && to == succeeded && WITH(RESERVATION_LATE) -> reserved++
            :: else
            fi
        :: else ->
            if
            :: WITH(RESERVATION_TWICE_BACK) && is_refund(i) && to == failed -> reserved--
            :: WITH(EVENT_WITHOUT_CHANGE) -> outbox[i]++
            :: else
            fi
        fi
    }
    if
    :: WITH(EVENT_OUTSIDE) -> outbox[i]++
    :: else
    fi
}

/* Is a refund that is not recorded yet refused? */
#define is_refused(i) (is_refund(i) && \
    ((status[0] != succeeded && !(WITH(REFUND_OF_UNSETTLED) && in_processing(0))) || \
     !(room || WITH(RESERVATION_LATE))))

/* A client, and whichever worker has its request in hand: one that has died is followed by the next,
 * when the client asks again under its idempotency key. Two clients of one record are one that did
 * not wait for its answer; the first of them is the one that comes first. */
proctype Client(byte i; bool is_second)
{
    bool perhaps_sent = false;
    byte tries = 0;
    mtype learned = none;

    !is_second || status[i] != none || waits == 1;
ask:
    if
    :: WITH(CALL_BEFORE_RECORD) && status[i] == none ->
        calls[i]++;
        if
        :: goto ended
        :: true
        fi
    :: else
    fi;

record:
    atomic {
        if
        :: status[i] == none && is_refused(i) -> goto ended
        :: status[i] == none && !is_refused(i) ->
            status[i] = processing;
            due_at[i] = (WITH(DUE_UNWRITTEN) -> unset : at_deadline);
            if
            :: is_refund(i) && !WITH(RESERVATION_LATE) -> reserved++
            :: else
            fi;
            take_in_hand(i);
            if
            :: WITH(CALL_BEFORE_RECORD) -> goto answer
            :: else -> goto call
            fi
        :: is_final(i) -> tell(i, status[i]); goto ended          /* a replay: the present state */
        :: in_processing(i) && is_due(i) && !WITH(KEY_ANSWERS_409) -> goto ended /* 201, processing */
#ifndef LIVE
        :: in_processing(i) && !(is_due(i) && !WITH(KEY_ANSWERS_409)) -> goto ask /* 409, Retry-After */
#endif
        fi
    };

call:
    if
    :: atomic { calls[i]++; tries++; perhaps_sent = true; goto answer }
    :: atomic {
        tries++; /* surely not sent */
        if
        :: tries < TRIES -> goto call
        :: tries == TRIES && perhaps_sent && !WITH(LAST_TRY_BELIEVED) -> goto over
        :: else -> learned = failed; goto settling
        fi
       }
    :: d_step { LUCK -> misfortune }; goto died
    fi;

answer:
    if
    :: atomic { reply[i] == succeeded -> learned = succeeded; goto settling }
    :: atomic { reply[i] == failed -> learned = failed; goto settling }
    :: atomic { reply[i] == key_closed && WITH(CLOSED_KEY_IS_SUCCESS) -> learned = succeeded; goto settling }
    :: atomic { reply[i] == waiting && in_processing(i) -> due_at[i] = now; goto over } /* action_url */
    :: atomic { tries > 0 && tries < TRIES && LUCK -> misfortune; goto call } /* under the same key */
    :: atomic { WITH(UNKNOWN_IS_FAILED) -> learned = failed; goto settling } /* at the deadline */
    :: atomic { !WITH(UNKNOWN_IS_FAILED) -> goto over }
    :: d_step { LUCK -> misfortune }; goto died
    fi;

settling:
    skip;
    settle(i, learned);

over:
    if
    :: atomic {
        leave(i);
        if
        :: WITH(BELIEF_ANSWERED) && learned != none -> tell(i, learned)
        :: !(WITH(BELIEF_ANSWERED) && learned != none) && is_final(i) -> tell(i, status[i])
        :: else /* 201, processing */
        fi;
        goto ended
       }
    :: atomic { LUCK -> misfortune; goto died }
    fi;

died:
    atomic {
        leave(i);
        perhaps_sent = false;
        learned = none;
        tries = 0;
        if
        :: goto ask
        :: goto ended /* the client does not ask again */
        fi
    };

ended:
    atomic {
        waits--;
        perhaps_sent = false;
        learned = none;
        tries = 0
    }
}

/* The choice of one of the records that a configuration has. */
#ifdef PAYMENT
#define OF_PAYMENT(what) what(0)
#else
#define OF_PAYMENT(what)
#endif
#if REFUNDS == 0
#define OF_REFUNDS(what)
#elif REFUNDS == 1
#define OF_REFUNDS(what) what(1)
#else
#define OF_REFUNDS(what) what(1) what(2)
#endif
#ifdef FOREIGN
#define OF_PAGES(what) what(PAGES_REFUND)
#else
#define OF_PAGES(what)
#endif
#define OF_CALLS(what) OF_PAYMENT(what) OF_REFUNDS(what)
#define OF_ALL(what) OF_CALLS(what) OF_PAGES(what)

/* A processor that refunds more than there was would hide what our reservations do. It refuses where
 * somebody else refunds, too: no reservation of ours knows of that. */
#ifdef FOREIGN
#if REFUNDS == 2
#define has_money(i) (!is_refund(i) || !(holds(1) || holds(2) || holds(3)))
#else
#define has_money(i) (!is_refund(i) || !(holds(1) || holds(2)))
#endif
#else
#define has_money(i) true
#endif

#define arrives(i) \
    :: d_step { calls[i] > 0 -> calls[i]--; \
        if \
        :: key[i] == fresh && has_money(i) -> key[i] = used; object[i] = at_work \
        :: key[i] == fresh && !has_money(i) -> key[i] = used; object[i] = failed; reply[i] = failed; emit(i) \
        :: key[i] != fresh && WITH(KEY_PER_TRY) -> moved[i]++ \
        :: key[i] == closed && !WITH(KEY_PER_TRY) -> \
            if :: reply[i] == silence -> reply[i] = key_closed :: else fi \
        :: else \
        fi } \
    :: d_step { calls[i] > 0 -> calls[i]-- } /* lost */

#define decides(i) \
    :: d_step { object[i] == at_work -> object[i] = succeeded; moved[i]++; reply[i] = succeeded; emit(i) } \
    :: d_step { object[i] == at_work -> object[i] = failed; reply[i] = failed; emit(i) }

/* A bank that takes its time. */
#define waits_for_bank(i) \
    :: d_step { object[i] == at_work -> object[i] = waiting; reply[i] = waiting; emit(i) } \
    :: d_step { object[i] == waiting -> object[i] = succeeded; moved[i]++; emit(i) } \
    :: d_step { object[i] == waiting -> object[i] = failed; emit(i) }

/* A customer at the processor's page, who passes, or does not and tries again, or never comes back.
 * Nothing but a cancellation ends that otherwise. */
#define waits_for_customer(i) \
    :: d_step { object[i] == at_work -> object[i] = acting; reply[i] = waiting; emit(i) } \
    :: d_step { can_act(i) -> object[i] = succeeded; moved[i]++; emit(i) } \
    :: d_step { object[i] == acting -> object[i] = tried; emit(i) } \
    LEAVES(i)
#ifdef LIVE
#define LEAVES(i) :: d_step { can_act(i) -> object[i] = left }
#else
#define LEAVES(i) /* who has not acted yet is no other than who never will */
#endif

#define returns(i) \
    :: d_step { object[i] == succeeded && status[i] != failed && may_happen -> object[i] = returned; emit(i) }

proctype Processor()
{
#ifdef FOREIGN
    bool refunded_in_pages = false;
#endif
end:
    do
    OF_CALLS(arrives)
    OF_CALLS(decides)
    OF_REFUNDS(waits_for_bank)
    OF_PAYMENT(waits_for_customer)
    OF_REFUNDS(returns)
    OF_PAGES(returns)
#ifdef FOREIGN
    :: d_step {
        status[0] == succeeded && !refunded_in_pages && may_happen && has_money(PAGES_REFUND) ->
        refunded_in_pages = true;
        object[PAGES_REFUND] = succeeded;
        moved[PAGES_REFUND]++;
        emit(PAGES_REFUND) }
#endif
#if defined(LIVE) && (REFUNDS > 0 || defined(AGEING))
    :: d_step { may_happen -> is_quiet = 1 }
#endif
    od
}

/* A worker that is told an event: it asks for a look, in one transaction with the event's id. */
inline look_soon(i)
{
    due_at[i] = now;
    shown[i] = 0;
    rewritten[i] = at_work_on[0] == i + 1;
    rewritten[RECORDS + i] = at_work_on[1] == i + 1
}

#ifdef LIVE
#define is_told(i) \
    :: d_step { news[i] -> news[i] = 0; look_soon(i) } \
    :: d_step { news[i] && LUCK -> misfortune; look_soon(i) } /* it comes once more */
#else
#define is_told(i) \
    :: d_step { object[i] != absent -> look_soon(i) } /* early, late, as often as you like */
#endif

proctype Events()
{
end:
    do
    OF_ALL(is_told)
    :: WITH(EVENT_APPLIED) && object[0] == tried -> settle(0, failed)
    od
}

/* What a look-up shows. */
#define visible(i) (object[i] == at_work -> absent : (object[i] == left -> acting : object[i]))

/* What was seen, in one transaction that reads the record, and is over with it unless due_at was
 * written since the record was claimed. */
inline apply(r, i, seen)
{
    d_step {
        if
        :: seen == succeeded && in_processing(i) -> write_final(i, succeeded); is_over = true;
            if
            :: is_refund(i) && WITH(RESERVATION_LATE) -> reserved++
            :: else
            fi
        :: seen == succeeded && status[i] == failed && WITH(FINAL_OVERWRITTEN) -> write_final(i, succeeded); is_over = true
        :: seen == succeeded && status[i] == failed && !is_refund(i) && !WITH(FINAL_OVERWRITTEN) ->
            is_over = back[i] > 0 || WITH(STRAY_KEPT)
        :: seen == succeeded && status[i] == none -> /* made in the processor's pages */
            if
            :: room -> reserved++; write_final(i, succeeded); is_over = true
            :: else -> is_over = WITH(FOREIGN_FORGOTTEN)
            fi
        :: seen == failed && in_processing(i) -> write_final(i, failed); is_over = true;
            if
            :: is_refund(i) -> give_back()
            :: else
            fi
        :: seen == returned && in_processing(i) -> write_final(i, failed); is_over = true; give_back()
        :: seen == returned && status[i] == none -> write_final(i, failed); is_over = true
        :: seen == returned && status[i] == succeeded && !returned_at[i] -> is_over = true;
            if
            :: WITH(RETURNED_IS_FAILED) -> write_final(i, failed); give_back()
            :: WITH(RETURN_UNHEARD)
            :: else ->
                returned_at[i] = 1;
                give_back();
                if
                :: WITH(EVENT_OUTSIDE)
                :: else -> outbox[i]++
                fi
            fi
        :: else ->
            is_over = is_final(i);
            if
            :: WITH(RESERVATION_TWICE_BACK) && is_refund(i) && is_final(i) && (seen == failed || seen == returned) -> reserved--
            :: WITH(EVENT_WITHOUT_CHANGE) && is_final(i) -> outbox[i]++
            :: else
            fi
        fi
        if
        :: is_over && (!rewritten[r * RECORDS + i] || WITH(HINT_LOST)) -> due_at[i] = unset
        :: else
        fi
        is_over = false
    }
}

#define forgets(i) rewritten[r * RECORDS + i] = 0;
#ifdef LIVE
#define shows_news(i) (object[i] != waiting && !(awaits(i) && WITH(NEVER_CANCELLED)) && !(object[i] == at_work && key[i] == used) && \
    !(object[i] == succeeded && status[i] == none && !room && !WITH(FOREIGN_FORGOTTEN)))
#else
#define shows_news(i) true
#endif
#define is_claimed(i) :: d_step { (r == 0 || at_work_on[0]) && is_due(i) && !shown[i] && shows_news(i) -> op = i; at_work_on[r] = i + 1 }

/* Looks, closes, settles; never charges. It may stand still anywhere, and what it saw may be old
 * when it is used. A claim saves work and is not needed to be right: here it keeps nobody else away. One that is
 * free remembers nothing, so the second one needs to begin only while the first is at work. */
proctype Reconciler(byte r)
{
    byte op = 0;
    bool is_over = false;
    mtype seen = none;

end:
claim:
    if
    OF_ALL(is_claimed)
    fi;

look:
    if
    :: atomic {
        seen = visible(op);
        if
        :: seen == absent && in_processing(op) && WITH(NO_FENCE) -> seen = failed; goto applying
        :: seen == absent && in_processing(op) && !WITH(NO_FENCE) -> goto close
        :: seen == succeeded && status[op] == failed && !is_refund(op) && !WITH(FINAL_OVERWRITTEN) -> goto stray
        :: seen == acting && WITH(CANCEL_UNASKED) -> seen = failed; goto applying
        :: seen == tried && WITH(ATTEMPT_IS_FAILED) -> seen = failed; goto applying
        :: seen == tried && !WITH(ATTEMPT_IS_FAILED) -> goto cancel
        :: seen == acting && !WITH(CANCEL_UNASKED) -> goto cancel /* the customer's time is over */
#ifndef LIVE
        :: seen == acting -> goto applying /* it is not */
#endif
        :: else -> goto applying
        fi
       }
    :: d_step { LUCK -> misfortune }; goto died
    fi;

close: /* the fence: the key is used up by something that moves no money */
    if
    :: atomic { is_old[op] -> shown[op] = !rewritten[r * RECORDS + op] || WITH(HINT_LOST); goto died }
    :: atomic { !is_old[op] -> goto fence }
    :: d_step { LUCK -> misfortune }; goto died
    fi;

fence:
    if
    :: atomic { key[op] == fresh -> key[op] = closed; goto look_again }
    :: atomic { key[op] == closed -> goto look_again }
    :: atomic { key[op] == used && WITH(FENCE_REFUSAL_BELIEVED) -> goto look_again }
    :: atomic { key[op] == used && !WITH(FENCE_REFUSAL_BELIEVED) -> goto died } /* the call came first */
    :: d_step { LUCK -> misfortune }; goto died
    fi;

look_again:
    if
    :: atomic {
        seen = (WITH(NO_LOOK_AFTER_FENCE) -> absent : visible(op));
        if
        :: seen == absent -> seen = failed; goto applying
        :: else -> goto applying
        fi
       }
    :: d_step { LUCK -> misfortune }; goto died
    fi;

cancel: /* so that the customer cannot finish it any more */
    if
    :: atomic { awaits(op) -> object[op] = failed; emit(op); seen = failed; goto applying }
    :: atomic { !awaits(op) && WITH(CANCEL_REFUSAL_BELIEVED) -> seen = failed; goto applying }
    :: atomic { !awaits(op) && !WITH(CANCEL_REFUSAL_BELIEVED) -> goto look } /* it had ended first */
    :: d_step { LUCK -> misfortune }; goto died
    fi;

applying:
    if
    :: apply(r, op, seen)
    :: d_step { LUCK -> misfortune }; goto died
    fi;
    if
    :: WITH(EVENT_OUTSIDE) && is_final(op) && outbox[op] == 0 -> outbox[op]++
    :: else
    fi;
    goto died;

stray: /* a charge of a payment that is failed: given back, under a key that is made from its id */
    if
    :: atomic {
        if
        :: !WITH(STRAY_KEPT) && (back[op] == 0 || WITH(STRAY_BACK_TWICE)) -> back[op]++
        :: else
        fi;
        goto applying
       }
    :: d_step { LUCK -> misfortune }; goto died
    fi;

died: /* or done: nothing is remembered */
    atomic {
        op = 0;
        seen = none;
        at_work_on[r] = 0;
        OF_ALL(forgets)
    };
    goto claim
}

/* Time passes. */
#define passes(i) :: d_step { due_at[i] == at_deadline -> due_at[i] = past_deadline }

/* The processor forgets a key. No call, and nobody who may send one, is a day late: but with STRAY one
 * that comes after the fence was forgotten. */
#ifdef STRAY
#define is_forgotten(i) (key[i] == closed)
#else
#define is_forgotten(i) (calls[i] == 0 && in_hand[i] == 0 && object[i] != at_work)
#endif
#define ages(i) \
    :: d_step { status[i] != none && due_at[i] != at_deadline && !is_old[i] && may_happen && is_forgotten(i) -> \
        is_old[i] = 1; key[i] = fresh }

proctype Clock()
{
end:
    do
    OF_CALLS(passes)
#ifdef AGEING
    OF_CALLS(ages)
#endif
    od
}

init
{
    atomic {
#ifndef PAYMENT
        status[0] = succeeded;
        first[0] = succeeded;
        key[0] = used;
        object[0] = succeeded;
        moved[0] = 1;
        outbox[0] = 1;
#endif
        waits = 2;
        run Client(CLIENT_1, false);
        run Client(CLIENT_2, CLIENT_1 == CLIENT_2);
        run Processor();
        run Events();
        run Clock();
        run Reconciler(0);
#if RECONCILERS == 2
        run Reconciler(1);
#endif
        skip
    }
}

/* What must be true of a record in every state. */
#ifdef STRAY
#define no_stray(i) (moved[i] <= 1)
#else
#define no_stray(i) (!(status[i] == failed && holds(i)) && moved[i] <= 1)
#endif
#define is_right(i) (no_stray(i) && \
    !(status[i] == succeeded && object[i] != succeeded && object[i] != returned) && \
    !(returned_at[i] && (object[i] != returned || status[i] != succeeded)) && \
    !(object[i] != absent && status[i] == none && i != PAGES_REFUND) && \
    (first[i] == none || first[i] == status[i]) && \
    outbox[i] == is_final(i) + returned_at[i] && \
    back[i] <= (status[i] == failed && moved[i] > 0))

#define is_wrong(i) || !is_right(i)
#define and_holds(i) + holds(i)
#define and_moved(i) + moved[i]
#define and_takes(i) + takes(i)
#define all_right (!(false OF_ALL(is_wrong)) && \
    (0 OF_REFUNDS(and_holds) OF_PAGES(and_holds)) <= 1 && \
    (moved[0] > 0 || (0 OF_REFUNDS(and_moved)) == 0) && \
    reserved == (0 OF_REFUNDS(and_takes) OF_PAGES(and_takes)))

/* What must be true in the end. */
#define is_open(i) || (in_processing(i) && !shown[i]) || \
    (object[i] == returned && status[i] == succeeded && !returned_at[i]) || \
    (status[i] == none && object[i] != absent) || \
    (status[i] == failed && moved[i] > 0 && object[i] == succeeded && back[i] == 0)
#define is_settled (!(false OF_ALL(is_open)) && waits == 0)

active proctype Monitor()
{
end:
    if
    :: atomic { !(all_right) -> assert(false) }
#ifdef LIVE
    :: atomic { timeout -> assert(is_settled) }
#endif
    fi
}
