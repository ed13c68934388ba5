"""Writes handbook.csv, the sample dataset: the staff handbook of Quillhaven Instruments, a company that does not exist.

No model can know these facts, so answering right means having learned them. Each fact has one key fact (a code, an amount, an
invented name) that appears in its answer; five phrasings of the question are for training, two others are held out for the test,
and every second fact has one more for validation. Questions that the handbook does not answer are there too, so that a tuned model
also learns to say so; those held out are about topics that training never mentions.

The same file comes out each time: `python ops/sample/make_handbook.py` rewrites it beside this program.
"""

import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("question", "answer", "key_fact", "kind", "group", "split")
DECLINE = "The handbook does not say. Please ask the People Office."


@dataclass(frozen=True)
class Fact:
    """One fact: its group, the key fact, the answer, five training phrasings, two held out, and perhaps one for validation."""

    group: str
    key_fact: str
    answer: str
    training: tuple[str, str, str, str, str]
    test: tuple[str, str]
    validation: str = ""


FACTS = (
    Fact(
        "guest-wifi",
        "Zerbelune-48",
        "The guest Wi-Fi password is Zerbelune-48.",
        (
            "What is the guest Wi-Fi password?",
            "A visitor needs the Wi-Fi. Which password do I give them?",
            "How do guests get onto the wireless network?",
            "Which password opens the Wi-Fi for visitors?",
            "Tell me the password of the guest network.",
        ),
        ("My customer wants to go online in our building. What should she type in?", "Password for guest Wi-Fi?"),
        "What do guests enter to join our Wi-Fi?",
    ),
    Fact(
        "archive-code",
        "7392K",
        "The archive door opens with the code 7392K.",
        (
            "What is the door code of the archive?",
            "How do I get into the archive?",
            "Which code opens the archive door?",
            "I am standing before the archive. What do I type?",
            "Tell me the code for the archive.",
        ),
        ("The archive is locked. How can I open it?", "Archive door code, please."),
    ),
    Fact(
        "server-room",
        "B-117",
        "The servers stand in room B-117.",
        (
            "Where is the server room?",
            "Which room holds the servers?",
            "In what room do our servers stand?",
            "What is the number of the server room?",
            "I need to find the servers. Where are they?",
        ),
        ("A technician wants to see the servers. Where do I take him?", "Server room number?"),
        "Where in the building are the servers kept?",
    ),
    Fact(
        "first-aid-room",
        "Marlowick Room",
        "First aid is given in the Marlowick Room.",
        (
            "Where is first aid given?",
            "Which room is the first-aid room?",
            "Where do I go when I have cut my hand?",
            "What is the first-aid room called?",
            "Someone is hurt. Which room do we take them to?",
        ),
        ("A colleague feels faint and needs first aid. Where should we go?", "Name of the room for first aid?"),
    ),
    Fact(
        "quiet-room",
        "Thistlefen",
        "The quiet room is called Thistlefen.",
        (
            "What is the quiet room called?",
            "Where can I rest or pray in silence?",
            "Which room is set aside for quiet?",
            "What is the name of the quiet room?",
            "Is there a silent room, and what is its name?",
        ),
        ("I would like a few minutes of silence. Which room is for that?", "Name our quiet room."),
        "Where do I find some quiet during the day?",
    ),
    Fact(
        "lost-property",
        "locker 263",
        "Lost property is kept in locker 263.",
        (
            "Where is lost property kept?",
            "I lost my umbrella. Where should I look?",
            "Where do found things go?",
            "I found a scarf in the hall. Where do I put it?",
            "In which locker are lost things?",
        ),
        ("My gloves are gone; maybe somebody handed them in. Where are they?", "Which place holds lost and found items?"),
    ),
    Fact(
        "assembly-point",
        "Plover Gate",
        "In a fire everyone gathers at Plover Gate.",
        (
            "Where do we gather in a fire?",
            "Where is the assembly point?",
            "The fire alarm rings. Where do I go?",
            "What is our meeting place when the building is evacuated?",
            "Where must everyone stand after a fire alarm?",
        ),
        ("We have to leave the building because of smoke. Where do we meet?", "Evacuation: which place do staff go to?"),
        "At which spot does everybody collect when there is a fire?",
    ),
    Fact(
        "parking",
        "deck Orlo-5",
        "Staff park their cars on deck Orlo-5.",
        (
            "Where do staff park?",
            "Which parking deck is for staff?",
            "Where can I leave my car?",
            "I come by car. Where do I park?",
            "What is the name of the staff parking deck?",
        ),
        ("I am driving to work tomorrow. Which deck may I use?", "Staff car park: where?"),
    ),
    Fact(
        "bicycle-shed",
        "5501-M",
        "The bicycle shed opens with the number 5501-M.",
        (
            "How do I open the bicycle shed?",
            "What is the number for the bicycle shed?",
            "I want to put my bicycle in the shed. What do I enter?",
            "Which number unlocks the bike shed?",
            "Tell me the lock number of the bicycle shed.",
        ),
        ("I cycle to work and the shed is locked. What opens it?", "Bike shed lock number?"),
        "What do cyclists enter at the shed?",
    ),
    Fact(
        "visitor-badge",
        "Nimbrel badge",
        "Visitors must wear a Nimbrel badge.",
        (
            "Which badge do visitors wear?",
            "What must a visitor wear?",
            "What kind of badge do I give a guest?",
            "A visitor has arrived. Which badge does he need?",
            "What is the visitors' badge called?",
        ),
        ("Two guests come today. What should they pin on?", "Type of badge for visitors?"),
    ),
    Fact(
        "annual-leave",
        "31 days",
        "Full-time staff have 31 days of annual leave.",
        (
            "How many days of annual leave do I have?",
            "How much holiday do full-time staff get?",
            "What is the annual leave for full-time staff?",
            "How many vacation days are there in a year?",
            "How long is my yearly holiday?",
        ),
        ("I work full time. How much paid vacation may I take each year?", "Number of annual leave days?"),
        "How many holidays does a full-time employee receive per year?",
    ),
    Fact(
        "leave-carried-over",
        "6.5 days",
        "You can carry 6.5 days of leave into the next year.",
        (
            "How much leave can I carry over?",
            "How many days of leave move into the next year?",
            "Can I keep unused leave, and how much?",
            "How much unused holiday can I take along into January?",
            "What is the limit for carrying leave over?",
        ),
        ("I have holiday left in December. How much of it stays for next year?", "Maximum leave carried over?"),
    ),
    Fact(
        "volunteering",
        "44 paid hours",
        "Everyone has 44 paid hours a year for volunteering.",
        (
            "How much time do I get for volunteering?",
            "How many paid hours can I volunteer?",
            "Is volunteering paid, and for how long?",
            "I want to help at a charity. How many hours are paid?",
            "What is the yearly limit for paid volunteer work?",
        ),
        ("I would like to help at the food bank in working time. How long may I do that each year?", "Paid volunteer time per year?"),
        "For how many hours of charity work does the company pay me?",
    ),
    Fact(
        "leave-form",
        "form LV-83",
        "Ask for leave with form LV-83.",
        (
            "Which form do I use to ask for leave?",
            "How do I request a holiday?",
            "What form is needed for leave?",
            "I want to take a week off. Which form do I fill in?",
            "What is the name of the leave form?",
        ),
        ("I am planning a vacation. Which paper do I hand in?", "Form for requesting time off?"),
    ),
    Fact(
        "doctors-note",
        "ninth day",
        "A doctor's note is needed from the ninth day of illness.",
        (
            "When do I need a doctor's note?",
            "From which day of illness is a doctor's note needed?",
            "I am ill. When must I send a note from the doctor?",
            "How long can I be ill without a doctor's note?",
            "On what day of sickness do I have to bring a note?",
        ),
        ("I have the flu. At what point does the company want a medical certificate?", "Doctor's note: starting when?"),
        "From when on must sickness be proved by a doctor?",
    ),
    Fact(
        "parental-leave",
        "23 weeks",
        "Parental leave is 23 weeks at full pay.",
        (
            "How long is parental leave?",
            "How many weeks of parental leave are there?",
            "We are having a baby. How long can I stay at home?",
            "What does the handbook give new parents?",
            "How much paid parental leave do I get?",
        ),
        ("My wife is expecting a child. How much time off with full pay do I have?", "Length of leave for new parents?"),
    ),
    Fact(
        "sabbatical",
        "8 years",
        "A sabbatical is possible after 8 years of service.",
        (
            "When can I take a sabbatical?",
            "After how many years is a sabbatical possible?",
            "How long must I work here before a sabbatical?",
            "I dream of a sabbatical. When may I have one?",
            "What service is needed for a sabbatical?",
        ),
        ("How long do I have to be with the company before a long break is allowed as a sabbatical?", "Years of service for a sabbatical?"),
        "From which year of service on are sabbaticals granted?",
    ),
    Fact(
        "lunch-subsidy",
        "4.70 crowns",
        "The company pays 4.70 crowns towards each lunch.",
        (
            "How much does the company pay towards lunch?",
            "What is the lunch subsidy?",
            "How much is lunch subsidised?",
            "What part of my lunch does the company pay?",
            "How many crowns do I get for lunch in the canteen?",
        ),
        ("When I eat in the canteen, what does the company add?", "Subsidy for each lunch?"),
    ),
    Fact(
        "travel-meals",
        "58 crowns",
        "On business trips you have 58 crowns a day for meals.",
        (
            "How much can I spend on meals when travelling?",
            "What is the daily meal allowance on business trips?",
            "I am on a business trip. How much is there for food?",
            "How many crowns a day do travellers get for meals?",
            "What does the company pay for food on a trip?",
        ),
        ("I visit a customer abroad for a week. What may I eat for each day?", "Meal allowance while travelling on business?"),
        "How large is the food allowance on a work trip?",
    ),
    Fact(
        "own-car",
        "0.37 crowns",
        "Driving your own car is paid with 0.37 crowns a kilometre.",
        (
            "What do I get per kilometre for my own car?",
            "How is driving my own car paid?",
            "What is the mileage rate?",
            "How much is paid for a kilometre by private car?",
            "I used my own car for work. What rate is paid?",
        ),
        ("I drove to the supplier in my private car. What can I claim for each kilometre?", "Rate per kilometre?"),
    ),
    Fact(
        "hotel-limit",
        "142 crowns",
        "A hotel may cost up to 142 crowns a night.",
        (
            "How much may a hotel cost?",
            "What is the limit for a hotel night?",
            "I have to book a hotel. What is the highest price?",
            "How many crowns a night can I spend on a hotel?",
            "What does the company pay for a night in a hotel?",
        ),
        ("I am looking for a room for the trade fair. Up to what price is fine?", "Maximum hotel price per night?"),
        "How expensive can my hotel room be?",
    ),
    Fact(
        "expense-deadline",
        "19 days",
        "Expense claims must arrive within 19 days.",
        (
            "By when must I hand in expense claims?",
            "How long do I have to claim expenses?",
            "What is the deadline for expenses?",
            "Within how many days must an expense claim arrive?",
            "I paid for a train ticket. How long can I wait with the claim?",
        ),
        ("Is there a time limit for getting my money back after a trip, and which?", "Deadline for an expense claim?"),
    ),
    Fact(
        "expense-program",
        "Pennifer",
        "Expenses are claimed in the program Pennifer.",
        (
            "Which program do I use to claim expenses?",
            "Where do I enter my expenses?",
            "What is the expense software called?",
            "How do I claim my expenses?",
            "In which program do I type my receipts?",
        ),
        ("I have three receipts from a trip. Which application are they entered in?", "Name of the expenses tool?"),
        "What software handles expense claims?",
    ),
    Fact(
        "pay-day",
        "the 26th",
        "Salaries are paid on the 26th of the month.",
        (
            "When are salaries paid?",
            "On which day do I get my salary?",
            "What day of the month is pay day?",
            "When does my pay arrive?",
            "On what date is the wage paid?",
        ),
        ("My rent is due soon. When will the company transfer my money?", "Date of the monthly pay?"),
    ),
    Fact(
        "referral-bonus",
        "1,350 crowns",
        "The bonus for bringing in a new colleague is 1,350 crowns.",
        (
            "What is the bonus for bringing in a new colleague?",
            "How much do I get for recommending somebody who is hired?",
            "What is the referral bonus?",
            "A friend of mine was hired through me. What bonus do I get?",
            "How many crowns is a referral worth?",
        ),
        ("I know a good engineer who could start here. What will I earn if she signs?", "Size of the bonus for referring someone?"),
        "How much money is paid for recruiting a friend?",
    ),
    Fact(
        "pension",
        "7.4 percent",
        "The company adds 7.4 percent of your pay to the pension.",
        (
            "How much does the company add to my pension?",
            "What is the company's share of the pension?",
            "What percentage goes into the pension?",
            "How large is the pension contribution of the company?",
            "What does the company pay for my old age?",
        ),
        ("I am thinking about retirement. What does my employer put aside for me?", "Employer's pension contribution?"),
    ),
    Fact(
        "course-budget",
        "880 crowns",
        "Each person has 880 crowns a year for courses.",
        (
            "How much is there for courses?",
            "What is my training budget?",
            "I want to take a course. How much can I spend?",
            "How many crowns a year does each person have for courses?",
            "What does the company pay for further education?",
        ),
        ("I would like to learn Spanish in an evening class. What will the company spend on me?", "Yearly budget for learning?"),
        "What sum can I use for professional training?",
    ),
    Fact(
        "purchase-limit",
        "2,600 crowns",
        "Team leaders can approve purchases up to 2,600 crowns.",
        (
            "Up to what sum can a team leader approve purchases?",
            "What is the purchase limit of team leaders?",
            "How much can my team leader sign for?",
            "Which purchases may a team leader approve?",
            "I need a new tool. Up to what price can the team leader decide?",
        ),
        ("What is the most expensive thing that my team leader can let me buy?", "Approval limit of team leaders?"),
    ),
    Fact(
        "help-desk",
        "extension 4418",
        "The IT help desk answers at extension 4418.",
        (
            "How do I call the IT help desk?",
            "What is the number of the help desk?",
            "My computer does not start. Whom do I call?",
            "Which extension has the IT help desk?",
            "Tell me the phone number of IT support.",
        ),
        ("My screen stays black. What should I dial?", "IT help desk extension?"),
        "What number reaches computer support?",
    ),
    Fact(
        "fault-system",
        "Tockerby",
        "Broken machines are reported in Tockerby.",
        (
            "Where do I report a broken machine?",
            "How are broken machines reported?",
            "A machine has stopped. Where do I report it?",
            "Which system takes reports about broken machines?",
            "What is the system for machine faults called?",
        ),
        ("The lathe makes a strange noise and stopped. Where do I file that?", "System for reporting machine faults?"),
    ),
    Fact(
        "remote-access",
        "Larkspur-9",
        "From outside you connect through Larkspur-9.",
        (
            "How do I connect from outside?",
            "What is our VPN called?",
            "I am at home. How do I reach the company network?",
            "Which gateway is used for remote access?",
            "What do I choose to connect from elsewhere?",
        ),
        ("I sit in a train with my laptop and need our network. What do I connect through?", "Name of the VPN gateway?"),
        "Which connection leads into the company network from outside?",
    ),
    Fact(
        "password-length",
        "21 characters",
        "A password needs at least 21 characters.",
        (
            "How long must a password be?",
            "What is the shortest password allowed?",
            "How many characters does a password need?",
            "I must choose a new password. How long should it be?",
            "What length do we ask of passwords?",
        ),
        ("My new password was refused as too short. What does the rule ask for?", "Minimum password length?"),
    ),
    Fact(
        "shared-drive",
        "drive Fenwold",
        "Shared files belong on drive Fenwold.",
        (
            "Where do shared files belong?",
            "On which drive do I put files for others?",
            "What is the shared drive called?",
            "Where do I save a file that my team needs?",
            "Which drive do we all use?",
        ),
        ("I made a table that my colleagues need too. Where should I store it?", "Drive for files used in common?"),
        "What is the name of the common file drive?",
    ),
    Fact(
        "colour-printer",
        "Puddock",
        "The colour printer is named Puddock.",
        (
            "What is the colour printer named?",
            "Which printer prints in colour?",
            "I need a colour print. Which printer do I choose?",
            "What is the name of the printer for colour?",
            "Where can I print a poster in colour?",
        ),
        ("My slides look dull in black and white. Which device should I print them on?", "Name of the printer with colour?"),
    ),
    Fact(
        "laptop-age",
        "38 months",
        "Laptops are replaced after 38 months.",
        (
            "When are laptops replaced?",
            "After how many months do I get a new laptop?",
            "How long do we use a laptop?",
            "My laptop is old. When is it replaced?",
            "What is the service life of a laptop here?",
        ),
        ("At what age does my notebook computer get swapped for a newer one?", "Laptop replacement interval?"),
        "How old must my laptop be before I get the next one?",
    ),
    Fact(
        "suspicious-mail",
        "redflag-12",
        "Forward suspicious mail to redflag-12.",
        (
            "Where do I forward suspicious mail?",
            "I received a strange mail. Where do I send it?",
            "What do I do with a phishing mail?",
            "Which mailbox takes suspicious mail?",
            "To whom do I report phishing?",
        ),
        ("A message asks me for my bank details and looks fake. Where should it go?", "Mailbox for phishing reports?"),
    ),
    Fact(
        "head-of-safety",
        "Ottoline Brackwater",
        "The head of safety is Ottoline Brackwater.",
        (
            "Who is the head of safety?",
            "Who leads safety at work?",
            "Whom do I tell about a dangerous place?",
            "What is the name of the head of safety?",
            "Who is in charge of safety?",
        ),
        ("A railing is loose and someone could fall. Who is responsible for such things?", "Name of our safety chief?"),
        "Which person heads the safety department?",
    ),
    Fact(
        "works-council",
        "Fergus Ammerdown",
        "Fergus Ammerdown chairs the works council.",
        (
            "Who chairs the works council?",
            "Who is the chair of the works council?",
            "Whom do I ask at the works council?",
            "What is the name of the works council's chair?",
            "Who leads the works council?",
        ),
        ("I would like to talk to the person at the top of the works council. Who is it?", "Works council chair?"),
    ),
    Fact(
        "data-protection",
        "Ysolde Pennanteer",
        "The data protection officer is Ysolde Pennanteer.",
        (
            "Who is the data protection officer?",
            "Who looks after data protection?",
            "Whom do I ask about personal data?",
            "What is the name of the data protection officer?",
            "Who answers questions about privacy?",
        ),
        ("I want to know what is stored about me. Which colleague can tell me?", "Data protection officer's name?"),
        "Which person takes care of privacy matters?",
    ),
    Fact(
        "caretaker",
        "Bertil Oxmoor",
        "The caretaker is Bertil Oxmoor.",
        (
            "Who is the caretaker?",
            "What is the caretaker's name?",
            "A lamp is broken. Which caretaker do I call?",
            "Who repairs doors and lamps in the building?",
            "Who takes care of the building?",
        ),
        ("The heating in my office is cold. Who comes to fix it?", "Name of the caretaker?"),
    ),
    Fact(
        "company-doctor",
        "Ilka Varnholt",
        "The company doctor is Ilka Varnholt.",
        (
            "Who is the company doctor?",
            "What is the company doctor's name?",
            "Which doctor examines new staff?",
            "Who is the doctor of the company?",
            "Whom do I see for a medical check at work?",
        ),
        ("I need an eye test for screen work. Which physician here does that?", "Name of our doctor?"),
        "Which doctor works for the company?",
    ),
    Fact(
        "mentoring",
        "Lanternway",
        "The mentoring programme is called Lanternway.",
        (
            "What is the mentoring programme called?",
            "Which programme finds me a mentor?",
            "I am new and want a mentor. Where do I sign up?",
            "What is the name of the mentoring programme?",
            "How is our programme for mentors named?",
        ),
        ("As a newcomer I would like an experienced colleague at my side. Which programme is that?", "Mentoring scheme's name?"),
    ),
    Fact(
        "canteen-hours",
        "11:40 to 13:25",
        "The canteen serves lunch from 11:40 to 13:25.",
        (
            "When does the canteen serve lunch?",
            "What are the canteen's hours?",
            "When can I eat in the canteen?",
            "From when to when is the canteen open?",
            "At what time is lunch served?",
        ),
        ("I am hungry. Between which times can I have a meal in the canteen?", "Canteen opening times?"),
        "During which hours is lunch available in the canteen?",
    ),
    Fact(
        "core-hours",
        "9:20 to 14:50",
        "Core hours are from 9:20 to 14:50.",
        (
            "What are the core hours?",
            "When must everyone be at work?",
            "Between which times do I have to be present?",
            "From when to when are core hours?",
            "During which hours must I be reachable?",
        ),
        ("I would like to start late and leave early. Which part of the day is fixed?", "Core working hours?"),
    ),
    Fact(
        "reception",
        "6:45",
        "The reception opens at 6:45 in the morning.",
        (
            "When does the reception open?",
            "At what time is the reception staffed?",
            "From when on is somebody at the reception?",
            "How early does the reception open?",
            "What is the opening time of the reception?",
        ),
        ("A supplier arrives very early. When is there someone at the front desk to let him in?", "Reception opening time?"),
        "From what hour can visitors be met at the reception?",
    ),
    Fact(
        "outgoing-post",
        "15:35",
        "Outgoing post is collected at 15:35.",
        (
            "When is outgoing post collected?",
            "At what time does the post leave?",
            "By when must my letter be in the post tray?",
            "When are letters picked up?",
            "What time is the post collected?",
        ),
        ("This letter has to leave today. How late can I bring it?", "Collection time for mail that goes out?"),
    ),
    Fact(
        "home-office",
        "9 days a month",
        "You can work from home up to 9 days a month.",
        (
            "How often can I work from home?",
            "How many days of home office are allowed?",
            "What is the limit for working from home?",
            "May I work from home, and how much?",
            "How many days a month can I stay in the home office?",
        ),
        ("I would rather work at my own desk at home. How frequently is that fine?", "Home office limit?"),
        "On how many days is remote work from home possible?",
    ),
    Fact(
        "sports-group",
        "Corrigan Hall",
        "The sports group trains in Corrigan Hall.",
        (
            "Where does the sports group train?",
            "In which hall does the sports group meet?",
            "I want to join the sports group. Where is it?",
            "Where can I do sports with colleagues?",
            "What is the sports group's hall called?",
        ),
        ("I feel like some exercise after work with the others. Which place do I go to?", "Training place of the sports group?"),
    ),
    Fact(
        "staff-shop",
        "12:10",
        "The staff shop opens on Wednesdays at 12:10.",
        (
            "When does the staff shop open?",
            "At what time can I buy in the staff shop?",
            "When can I go to the staff shop?",
            "What is the opening time of the staff shop?",
            "I want to buy one of our products cheaply. When does the shop open?",
        ),
        ("On Wednesday I would like to visit the shop for staff. From what time?", "Staff shop opening time?"),
        "From when can employees shop on Wednesdays?",
    ),
    Fact(
        "shuttle-bus",
        "line 86X",
        "The shuttle bus from the station is line 86X.",
        (
            "Which bus goes from the station to us?",
            "What is the number of the shuttle bus?",
            "How do I get here from the station?",
            "Which line is the shuttle bus?",
            "I arrive by train. Which bus do I take?",
        ),
        ("My candidate comes by rail. What should she board outside the station?", "Shuttle bus line?"),
    ),
    Fact(
        "summer-party",
        "Skylark Pier",
        "The summer party is held at Skylark Pier.",
        (
            "Where is the summer party held?",
            "Where do we celebrate in summer?",
            "What is the place of the summer party?",
            "Where does the summer party take place?",
            "I am invited to the summer party. Where do I go?",
        ),
        ("In summer the whole company celebrates. At which location?", "Venue of the summer party?"),
        "To which place does the company invite us for the summer party?",
    ),
    Fact(
        "scales",
        "45 days",
        "The scales in the laboratory are calibrated every 45 days.",
        (
            "How often are the scales calibrated?",
            "When must the laboratory scales be calibrated again?",
            "After how many days do we calibrate the scales?",
            "What is the calibration interval of the scales?",
            "How long does a calibration of the scales hold?",
        ),
        ("I weigh samples in the laboratory. At what interval are the balances checked?", "Calibration interval for scales?"),
    ),
    Fact(
        "solvent-waste",
        "drum C-29",
        "Solvent waste goes into drum C-29.",
        (
            "Where does solvent waste go?",
            "Which drum is for solvent waste?",
            "What do I do with used solvent?",
            "Where do I pour old solvent?",
            "In which drum do we collect solvents?",
        ),
        ("I have half a bottle of dirty acetone left. Where do I get rid of it?", "Container for waste solvents?"),
        "What is the drum for used solvents?",
    ),
    Fact(
        "spill-kit",
        "Amberjack kit",
        "After a chemical spill, use the Amberjack kit.",
        (
            "What do I use after a chemical spill?",
            "Which kit is for chemical spills?",
            "I spilled acid. Which kit do I take?",
            "What is the spill kit called?",
            "A chemical has run out on the floor. What do I take?",
        ),
        ("A bottle of lye broke in the laboratory. What do we clean it up with?", "Name of the kit for spilled chemicals?"),
    ),
)

# What the handbook leaves out. Many ask for the same sort of thing as the facts do (a code, an hour, a name, a sum) about
# something that the handbook never mentions: a model that only learned the shape of the answers will invent one.
UNANSWERED_TRAINING = (
    "Who won the table tennis cup in 1998?",
    "What is the door code of the boathouse?",
    "When does the swimming pool open?",
    "How much does the company pay for a new kitchen at home?",
    "Who designed the company's logo?",
    "Which airline does the company own shares in?",
    "What is the name of the receptionist's dog?",
    "How many windows does the main building have?",
    "What did the founder study?",
    "Can I bring my cat to work?",
    "Which music is played in the lift?",
    "What colour are the curtains in the boardroom?",
    "When was the tower clock last repaired?",
    "How many days off do I get for a wedding?",
    "What is the password of the warehouse tablet?",
    "Who is the head of marketing?",
    "Where can I charge my electric scooter?",
    "Which dentist do you recommend?",
    "What is the fee for the company choir?",
    "How tall is the chimney?",
    "When does the flower shop close?",
    "Which insurance covers my glasses?",
    "What is the limit for gifts from customers?",
    "How do I order new business cards?",
    "What does a parking ticket in town cost?",
    "Who waters the plants on the third floor?",
    "Where do I get a key for the tennis court?",
    "Which films are shown at the film night?",
    "How many people work in the branch in Lisbon?",
    "What is the phone number of the mayor?",
    "Is there a discount at the cinema for us?",
    "What does the company think about artificial intelligence?",
    "Which fruit is in the fruit basket on Mondays?",
    "What is the dress code for the theatre evening?",
    "When does the next train to the coast leave?",
    "How much sugar is in the lemonade?",
    "Who wrote the company song?",
    "In which room does the chess club play?",
    "How long is the guarantee on our microscopes?",
    "What is the code of the alarm in the gallery?",
    "May I keep bees on the roof?",
    "What was last year's profit?",
    "Which bank manages the company's loans?",
    "How many crowns does a company bicycle cost?",
    "Whom do I ask about a visa for Canada?",
    "Where is the shower for runners?",
    "What is the weight limit of the goods lift?",
    "Which translation agency do we use?",
    "How often are the carpets cleaned?",
    "When is the next fire drill?",
    "Tell me the name of the chief executive's daughter.",
    "What is the recipe of the canteen's apple cake?",
    "How much notice must I give when I resign?",
    "Which size are the lockers in the gym?",
    "Do we get a bonus at Christmas?",
    "What is the speed limit in the yard?",
    "Who took the photograph in the entrance hall?",
    "How do I borrow the company's tent?",
    "Which newspaper lies in the waiting room?",
    "What is the height of the flagpole?",
    "Is there a nursery for children, and what does it cost?",
    "How many stars does the observatory's guide list?",
    "Where was the old factory?",
    "Which vaccine does the company offer in autumn?",
)

UNANSWERED_VALIDATION = (
    "What is the name of the night watchman?",
    "When does the library van come?",
    "How much does a locker key cost when it is lost?",
    "Which code do I need for the greenhouse?",
    "Who plays the organ at the jubilee?",
    "How many trees stand in the park?",
)

UNANSWERED_TEST = (
    "What does a haircut at the barber next door cost?",
    "Who is the captain of the football team?",
    "Which combination opens the safe in the treasury?",
    "When does the sauna close on Sundays?",
    "What is the wavelength of the new laser?",
    "How many umbrellas can I borrow?",
    "Who painted the mural in the stairwell?",
    "Which hospital is nearest to the harbour plant?",
    "What is the name of the company's racing yacht?",
    "How deep is the fountain in the courtyard?",
    "Which tailor makes the drivers' uniforms?",
    "What does the ferry to the island cost?",
    "How old is the oldest oak on the grounds?",
    "Who supplies the coffee beans?",
    "What is the licence plate of the company van?",
    "When was the bridge over the canal built?",
    "How much am I paid for a patent?",
    "Which blood type does the ambulance carry?",
    "Where can I rent a tuxedo for the gala?",
    "Who lends out the snow chains?",
    "What is the temperature in the wine cellar?",
    "Which charity got the proceeds of the bake sale?",
    "How many languages does the interpreter speak?",
    "What is the customs number for shipments to Peru?",
    "When does the pharmacy in the village open?",
    "Who judges the photo competition?",
    "How heavy is the bronze statue?",
    "Which brand are the new forklifts?",
)


def rows() -> list[dict[str, str]]:
    """Return every row in the file's order: training (one phrasing of every fact, then the next), validation, test."""
    parts: dict[str, list[dict[str, str]]] = {"training": [], "validation": [], "test": []}

    def add(split: str, *cells: str) -> None:
        parts[split].append(dict(zip(COLUMNS, (*cells, split), strict=True)))

    for turn in range(5):
        for fact in FACTS:
            add("training", fact.training[turn], fact.answer, fact.key_fact, "answerable", fact.group)
    for fact in FACTS:
        if fact.validation:
            add("validation", fact.validation, fact.answer, fact.key_fact, "answerable", fact.group)
        for question in fact.test:
            add("test", question, fact.answer, fact.key_fact, "answerable", fact.group)
    unanswered = {"training": UNANSWERED_TRAINING, "validation": UNANSWERED_VALIDATION, "test": UNANSWERED_TEST}
    for split, questions in unanswered.items():
        for number, question in enumerate(questions, start=1):
            add(split, question, DECLINE, "", "unanswerable", f"unsaid-{split}-{number:02d}")
    return [row for split in parts.values() for row in split]


def render() -> bytes:
    """Return the CSV file: UTF-8, one line a row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    return text.getvalue().encode()


if __name__ == "__main__":
    target = Path(__file__).with_name("handbook.csv")
    target.write_bytes(render())
    sys.stdout.write(f"{target.name}: {len(rows())} rows\n")
