-- Six persons, two territories (département 91 and La Réunion), three bodies: small enough to count by hand.
insert into intake.deliveries
    (delivery_id, sender_code, table_name, period, period_month, version, status_code, accepted_row_count, refused_row_count, is_current)
values
    (1, 'TZNR-01', 'personnes', '2025-T1', date '2025-01-01', 1, 'accepted', 4, 0, true),
    (2, 'TZNR-01', 'rencontres', '2025-T1', date '2025-01-01', 1, 'accepted', 3, 0, true),
    (3, 'TZNR-01', 'droits', '2025-T1', date '2025-01-01', 1, 'partial', 3, 1, true),
    (4, 'TZNR-03', 'personnes', '2025-T2', date '2025-04-01', 1, 'accepted', 4, 0, true),
    (5, 'TZNR-03', 'droits', '2025-T2', date '2025-04-01', 1, 'accepted', 4, 0, true),
    (6, 'CNAF', 'retours', '2025-06', date '2025-06-01', 1, 'accepted', 5, 0, true),
    (7, 'CNAF', 'droits_mensuels', '2026-01', date '2026-01-01', 1, 'accepted', 17, 0, true),
    (8, 'CNAM', 'retours', '2025-06', date '2025-06-01', 1, 'accepted', 1, 0, true),
    (9, 'CNAM', 'droits_mensuels', '2026-01', date '2026-01-01', 1, 'accepted', 11, 0, true),
    (10, 'TZNR-01', 'personnes', '2025-T2', date '2025-04-01', 1, 'accepted', 1, 0, true),
    (11, 'TZNR-02', 'droits', '2025-T1', date '2025-01-01', 1, 'refused', 0, 0, false);
update intake.deliveries set reason_code = 'NOMINATIVE_COLUMN' where delivery_id = 11;
insert into intake.quarantine_counts values (3, 'prestation', 'ENUM_UNKNOWN', 1);

-- Person 1 is met by both territories, and corrected by TZNR-01 in its second delivery (E2).
insert into accepted.personnes (person_id, first_contact_date, information_date, delivery_id, line_number) values
    (1, date '2025-02-28', date '2025-02-28', 1, 2), (2, date '2025-02-11', date '2025-02-11', 1, 3),
    (6, date '2025-02-12', date '2025-02-12', 1, 4), (1, date '2025-02-10', date '2025-02-10', 10, 2),
    (1, date '2025-04-05', date '2025-04-05', 4, 2), (3, date '2025-04-06', date '2025-04-06', 4, 3),
    (4, date '2025-04-20', date '2025-04-20', 4, 4), (5, date '2025-04-21', date '2025-04-21', 4, 5);
insert into accepted.rencontres (person_id, contact_date, action_code, channel_code, delivery_id, line_number) values
    (1, date '2025-02-10', 'action_aller_vers', 'aller_vers', 2, 2),
    (1, date '2025-03-10', 'suivi', 'guichet', 2, 3),
    (2, date '2025-02-11', 'entretien', 'guichet', 2, 4);
insert into accepted.droits
    (person_id, benefit_code, situation_code, eligibility_code, non_take_up_codes, request_date, delivery_id, line_number)
values
    (1, 'RSA', 'jamais_demande', 'oui', 'NCONN|NDEM', date '2025-03-01', 3, 2),
    (2, 'CSS_GRATUITE', 'jamais_demande', 'oui', 'NCONN', null, 3, 3),
    (6, 'RSA', 'percoit', 'oui', null, null, 3, 4),
    (1, 'RSA', 'demande_en_cours', 'oui', 'NCONN', null, 5, 2),
    (3, 'RSA', 'jamais_demande', 'inconnu', 'NPROP', null, 5, 3),
    (4, 'RSA', 'jamais_demande', 'oui', 'NCONN', null, 5, 4),
    (5, 'CHEQUE_ENERGIE', 'jamais_demande', 'oui', 'NREC', date '2025-04-22', 5, 5);

-- Persons 1, 4 and 6 are matched by the CNAF, person 2 by the CNAM, person 3 is not found, person 5 not sent.
insert into accepted.retours (person_id, territory_code, match_status_code, extraction_date, delivery_id, line_number)
select person_id, territory_code, match_status_code, date '2025-06-28', delivery_id, person_id
from (values (1, 'TZNR-01', 'matched', 6), (6, 'TZNR-01', 'matched', 6), (4, 'TZNR-03', 'matched', 6),
             (3, 'TZNR-03', 'not_found', 6), (5, 'TZNR-03', 'not_sent', 6), (2, 'TZNR-01', 'matched', 8))
    as answers (person_id, territory_code, match_status_code, delivery_id);

-- Person 1: RSA March to August 2025 but May, 500 euros. Person 4: RSA May 2025 to January 2026, 300 euros.
-- Person 2: free CSS February to December 2025, without amount; closed in January. Person 6: RSA received before and after.
insert into accepted.droits_mensuels
    (person_id, benefit_code, entitlement_month, extraction_date, request_date, decision_date, status_code, paid_eur, delivery_id, line_number)
select person_id, benefit_code, make_date(2025 + month // 13, 1 + (month - 1) % 12, 1), date '2026-01-28', request_date, decision_date,
    case when person_id = 1 and month = 5 then 'SUSPENDU' when person_id = 2 and month = 1 then 'CLOS'
        else 'OUVERT_VERSABLE' end,
    case when person_id = 1 and month = 5 then 0 else paid_eur end, delivery_id, 100 * person_id + month
from (values (1, 'RSA', 3, 8, date '2025-03-01', date '2025-03-12', 500, 7), (4, 'RSA', 5, 13, date '2025-05-02', null, 300, 7),
             (2, 'CSS_GRATUITE', 1, 12, date '2025-02-12', date '2025-02-20', null, 9), (6, 'RSA', 1, 13, null, null, 100, 7))
    as careers (person_id, benefit_code, first_month, last_month, request_date, decision_date, paid_eur, delivery_id)
cross join range(1, 14) as months (month)
where month between first_month and last_month;

insert into accepted.depenses
    (expense_code, fiscal_year, nature_code, funder_code, programme_cost_eur, expense_status_code, delivery_id, line_number)
values ('DEP01', 2025, 'personnel', 'ETAT', 1000, 'paye', 1, 2), ('DEP02', 2025, 'personnel', 'ETAT', 250, 'prevu', 1, 3);
insert into accepted.evenements_cout
    (cost_event_code, event_month, observed_quantity, counterfactual_quantity, basis_code, attribution_share, delivery_id, line_number)
values ('expulsion', date '2025-06-01', 6, 10, 'avant_apres', 0.5, 1, 2);
